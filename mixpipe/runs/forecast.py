"""What a run will cost, before it runs: arithmetic over the corpus size and the settings.

The rates were measured on one core of a two-core machine without bfloat16 (benchmarks/results) and are rounded down; a
forecast is right to within a factor of about two, which is what a decision needs. What a run costs whatever its corpus
(server, workers, models) is counted too: of a small run it is most.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from mixpipe.config import RunConfig
from mixpipe.models.processor import cpu_has_bfloat16
from mixpipe.runs.preflight import CorpusSize
from mixpipe.scores.given import reads_model
from mixpipe.search.evaluators import load_evaluator, trains
from mixpipe.search.tally import Tally
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.stages import STAGES

__all__ = ["Forecast", "StageForecast", "forecast"]

BYTES_PER_TOKEN = 3.4  # byte-level BPE of 4,096 tokens on English text
BYTES_PER_ENCODED_TOKEN = 4.5
MIB = float(1 << 20)
START = "start"  # what belongs to no stage: the server's and Ray's start, report, verification
START_SECONDS = {
    "local": 15.0,
    "ray": 30.0,
}  # 40 s were measured with a server that had never run, 10 s with one running
# What a stage takes for a corpus of nothing: its first workers, libraries, models fitted on samples of fixed size.
FIXED_SECONDS = {
    "targets": 5.0,
    "ingest": 2.0,
    "embed": 6.0,
    "domains": 2.0,
    "duplicates": 2.0,
    "scores": 6.0,
    "search": 4.0,
    "plan": 0.5,
    "shards": 0.5,
}
# MiB of text per second and core
RATES = {
    "ingest": 1.5,
    "domains": 2.5,
    "duplicates": 10.0,
    "scores": 1.0,
    "search": 3.0,
    "plan": 10.0,
    "shards": 12.0,
}
TOKENISED_MIB = 2.0  # of text per second and core, where shards hold tokens
ENCODED_TOKENS_PER_SECOND = {"sentence": 2_500.0, "static": 1_000_000.0}  # MiniLM and its distillation
DISTILLED_TOKENS = 200_000.0  # MiniLM reads its whole vocabulary once, on one core, to be distilled
PROXY_TOKENS_PER_SECOND = 2.7e9  # divided by the parameters of a proxy; 0.16 M parameters: 17,000 a core
BFLOAT16 = 2.5  # times as fast are MiniLM and proxies where the processor multiplies it
PARAMETERS_PER_LAYER = 12  # times width squared
WORKER_MIB = {
    "targets": 280,
    "ingest": 350,
    "embed": 900,
    "domains": 600,
    "duplicates": 500,
    "scores": 700,
    "search": 700,
    "plan": 250,
    "shards": 500,
}
# What the search trains at the end: its method's candidates (predicted, their mean, measured), then the winner and the
# controls (natural, uniform, UniMax, best of the first round). Equal mixtures are trained once, so these are the most.
FINALISTS, FINAL_ARMS = 3, 5
# Measuring a token costs no backward pass.
MEASURED = 1 / 3
# Another program's speed is not known beforehand.
COMMAND = "command"
COMMAND_NOTE = (
    "the proxies are trained by search.command: what it takes comes on top, as many at once as there are workers"
)
MODEL_NOTE = (
    "documents are scored by a given model (scores.reference, scores.grader): what it takes comes on top, first in one "
    "process for scores.sample_documents of them, then for all"
)
HELD_OUT = 1 / 4  # texts of a domain that are measured, beside those of a target


@dataclass(frozen=True)
class StageForecast:
    """One stage, or `start`: wall-clock minutes on all workers, MiB of memory for all of them, MiB of disk."""

    stage: str
    minutes: float
    memory_mib: float
    disk_mib: float


@dataclass(frozen=True)
class Forecast:
    """What a run will cost."""

    documents: float
    is_counted: bool
    text_mib: float
    tokens: float
    budget_tokens: int
    max_epochs: float
    domains: str
    trials: Tally
    notes: tuple[str, ...]
    workers: int
    stages: tuple[StageForecast, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the forecast as JSON values."""
        return {**asdict(self), "epochs": self.epochs, "minutes": self.minutes, "disk_mib": self.disk_mib}

    @property
    def minutes(self) -> float:
        """Wall-clock minutes of the whole run."""
        return sum(stage.minutes for stage in self.stages)

    @property
    def disk_mib(self) -> float:
        """Disk that the finished run takes, MiB."""
        return sum(stage.disk_mib for stage in self.stages)

    @property
    def epochs(self) -> float:
        """How often the budget reads the corpus."""
        return self.budget_tokens / max(self.tokens, 1.0)

    def lines(self) -> list[str]:
        """Return the forecast for people."""
        epochs = f"{self.epochs:,.0f}" if self.epochs >= 10 else f"{self.epochs:.2g}"
        most = f"at most about {self.max_epochs * self.tokens:,.0f}"
        limit = most if self.epochs <= self.max_epochs else f"a run will refuse this: lower budget_tokens to {most}"
        about = "" if self.is_counted else "about "
        head = [
            f"documents  {about}{self.documents:,.0f}",
            f"text       about {self.text_mib:,.0f} MiB, about {self.tokens:,.0f} tokens",
            f"budget     {self.budget_tokens:,} tokens, about {epochs} epochs "
            f"(max_epochs {self.max_epochs:g}); {limit}",
            f"domains    {self.domains}",
            f"trials     {f'at most {self.trials}' if self.trials.proxies else 'none: the mixture is given'}",
            f"workers    {self.workers}",
            "",
            f"{'stage':<11}{'minutes':>9}{'memory MiB':>12}{'disk MiB':>10}",
        ]
        rows = [f"{s.stage:<11}{s.minutes:>9.1f}{s.memory_mib:>12,.0f}{s.disk_mib:>10,.0f}" for s in self.stages]
        notes = ["", *self.notes] if self.notes else []
        return [*head, *rows, f"{'all':<11}{self.minutes:>9.1f}{'':>12}{self.disk_mib:>10,.0f}", *notes]


def forecast(config: RunConfig, corpus: CorpusSize, *, bfloat16: bool | None = None) -> Forecast:
    """Return what `config` will cost on a corpus of this size.

    Args:
        config: everything that is asked.
        corpus: as `preflight` found it.
        bfloat16: the processor multiplies it; None: as on this machine.
    """
    workers = 1 if config.engine.kind == "local" else config.engine.workers or os.cpu_count() or 1
    faster = BFLOAT16 if (cpu_has_bfloat16() if bfloat16 is None else bfloat16) else 1.0
    seconds = _seconds(config, corpus, workers=workers, faster=faster)
    disk = _disk_mib(config, corpus)
    rows = [StageForecast(name, seconds[name] / 60, WORKER_MIB[name] * workers, disk.get(name, 1.0)) for name in STAGES]
    domains = config.domains.count
    wanted = f"{domains}" if domains != "auto" else f"at most {config.domains.max_count}, by the merge tree"
    return Forecast(
        documents=round(corpus.documents),
        is_counted=corpus.is_counted,
        text_mib=corpus.text_bytes / MIB,
        tokens=corpus.text_bytes / BYTES_PER_TOKEN,
        budget_tokens=config.budget_tokens,
        max_epochs=config.max_epochs,
        domains=wanted,
        trials=expected_trials(config),
        notes=tuple(_notes(config)),
        workers=workers,
        stages=(StageForecast(START, START_SECONDS[config.engine.kind] / 60, 0.0, 0.0), *rows),
    )


def _notes(config: RunConfig) -> Iterator[str]:
    """Yield what the minutes do not hold."""
    if config.search.evaluator == COMMAND:
        yield COMMAND_NOTE
    if reads_model(config.scores):
        yield MODEL_NOTE


def _seconds(config: RunConfig, corpus: CorpusSize, *, workers: int, faster: float) -> dict[str, float]:
    """Return the seconds of every stage; `faster` says how much faster than measured MiniLM and proxies are here."""
    text = corpus.text_bytes / MIB
    passes = {**dict.fromkeys(RATES, text), "shards": config.budget_tokens * BYTES_PER_TOKEN / MIB}
    seconds = dict(FIXED_SECONDS)
    for stage, rate in RATES.items():
        seconds[stage] += passes[stage] / rate / workers
    if any(isinstance(load_format(name), TokenFormat) for name in config.shards.formats):
        seconds["shards"] += passes["shards"] / TOKENISED_MIB / workers
    encoded = min(corpus.text_bytes / BYTES_PER_ENCODED_TOKEN, corpus.documents * config.embed.max_tokens)
    sentence = ENCODED_TOKENS_PER_SECOND["sentence"] * faster
    if config.embed.encoder == "static":
        seconds["embed"] += DISTILLED_TOKENS / sentence + encoded / ENCODED_TOKENS_PER_SECOND["static"] / workers
    else:
        seconds["embed"] += encoded / sentence / workers
    seconds["search"] += _proxy_tokens(config) / (PROXY_TOKENS_PER_SECOND * faster / proxy_parameters(config)) / workers
    return seconds


def _disk_mib(config: RunConfig, corpus: CorpusSize) -> dict[str, float]:
    """Return the disk that every stage takes, where it grows."""
    written = sum(load_format(name).stored for name in config.shards.formats)
    return {
        "ingest": corpus.text_bytes / MIB / 2.5,
        "embed": corpus.documents * 800 / MIB,
        "domains": corpus.documents * 40 / MIB,
        "duplicates": corpus.documents * 40 / MIB,
        "scores": corpus.documents * 80 / MIB,
        "plan": corpus.documents * 40 / MIB,
        "shards": config.budget_tokens * BYTES_PER_TOKEN / MIB * written,
    }


def proxy_parameters(config: RunConfig) -> float:
    """Return the parameters of one proxy: blocks and tied embedding."""
    proxy = config.search.proxy
    vocabulary = config.search.vocabulary or config.ingest.vocabulary
    return PARAMETERS_PER_LAYER * proxy.layers * proxy.width**2 + vocabulary * proxy.width


def expected_trials(config: RunConfig) -> Tally:
    """Return the most proxies and experts that are trained: noise, experts, rounds, finalists, winner and controls."""
    search = config.search
    if search.mixture is not None:
        return Tally(0, 0)
    each = trains(search.evaluator)
    experts = _domains(config) if search.screen or (not each and load_evaluator(search.evaluator).needs_experts) else 0
    rounds = sum(search.rounds)
    trained = search.noise_seeds + FINALISTS * search.finalist_seeds + FINAL_ARMS * search.final_seeds
    return Tally(trained + rounds, experts) if each else Tally(trained, experts, rounds)


def _proxy_tokens(config: RunConfig) -> float:
    """Return the tokens that all proxies train on, and those that they are measured on at their lesser cost."""
    search, expected = config.search, expected_trials(config)
    proxies = 0 if search.evaluator == COMMAND else expected.proxies
    trials = proxies + expected.experts
    finals = min(proxies, FINAL_ARMS * search.final_seeds)
    measured = search.eval_tokens * (len(config.targets.sets) + HELD_OUT * _domains(config))
    trained = (trials - finals) * search.proxy_tokens + finals * search.final_tokens
    return trained + trials * measured * MEASURED


def _domains(config: RunConfig) -> int:
    """Return how many domains there will be at most."""
    return config.domains.count if isinstance(config.domains.count, int) else config.domains.max_count
