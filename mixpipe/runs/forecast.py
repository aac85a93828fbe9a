"""What a run will cost, before it runs: arithmetic over the corpus size and the settings.

The rates were measured on one core of a two-core machine (benchmarks/results) and are rounded down; a forecast is right
to within a factor of about two, which is what a decision needs.
"""

import os
from dataclasses import asdict, dataclass
from typing import Any

from mixpipe.config import RunConfig
from mixpipe.runs.preflight import CorpusSize
from mixpipe.search.evaluators import load_evaluator, trains

__all__ = ["Forecast", "StageForecast", "forecast"]

BYTES_PER_TOKEN = 3.4  # byte-level BPE of 4,096 tokens on English text
MIB = float(1 << 20)
# MiB of text per second and core
RATES = {"ingest": 3.0, "domains": 2.5, "scores": 1.2, "plan": 60.0, "shards": 25.0}
ENCODED_TOKENS_PER_SECOND = {"sentence": 6_000.0, "static": 1_000_000.0}  # MiniLM and its distillation
PROXY_TOKENS_PER_SECOND = 7.0e9  # divided by the parameters of a proxy; 0.16 M parameters: 43,000 a core
PARAMETERS_PER_LAYER = 12  # times width squared
WORKER_MIB = {"ingest": 350, "embed": 900, "domains": 600, "scores": 700, "search": 700, "plan": 250, "shards": 500}
# What the search trains at the end: its method's candidates (predicted, their mean, measured), then the winner and the
# controls (natural, uniform, UniMax, best of the first round). Equal mixtures are trained once, so these are the most.
FINALISTS, FINAL_ARMS = 3, 5
# Measuring a token costs no backward pass.
MEASURED = 1 / 3
HELD_OUT = 1 / 4  # texts of a domain that are measured, beside those of a target


@dataclass(frozen=True)
class StageForecast:
    """One stage: wall-clock minutes on all workers, MiB of memory for all of them, MiB of disk."""

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
    trials: int
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
        too_many = "" if self.epochs <= self.max_epochs else "; a run will refuse this: lower budget_tokens"
        about = "" if self.is_counted else "about "
        head = [
            f"documents  {about}{self.documents:,.0f}",
            f"text       about {self.text_mib:,.0f} MiB, about {self.tokens:,.0f} tokens",
            f"budget     {self.budget_tokens:,} tokens, about {self.epochs:,.2g} epochs "
            f"(max_epochs {self.max_epochs:g}){too_many}",
            f"domains    {self.domains}",
            f"trials     {self.trials} proxies",
            f"workers    {self.workers}",
            "",
            f"{'stage':<9}{'minutes':>9}{'memory MiB':>12}{'disk MiB':>10}",
        ]
        rows = [f"{s.stage:<9}{s.minutes:>9.1f}{s.memory_mib:>12,.0f}{s.disk_mib:>10,.0f}" for s in self.stages]
        return [*head, *rows, f"{'all':<9}{self.minutes:>9.1f}{'':>12}{self.disk_mib:>10,.0f}"]


def forecast(config: RunConfig, corpus: CorpusSize) -> Forecast:
    """Return what `config` will cost on a corpus of this size."""
    workers = config.engine.workers or os.cpu_count() or 1
    text = corpus.text_bytes / MIB
    trials = trial_count(config)
    seconds = {stage: text / rate / workers for stage, rate in RATES.items()}
    encoded = min(corpus.text_bytes / 4.5, corpus.documents * config.embed.max_tokens)
    rate = ENCODED_TOKENS_PER_SECOND.get(config.embed.encoder, ENCODED_TOKENS_PER_SECOND["sentence"])
    seconds["embed"] = encoded / rate / workers
    seconds["search"] = _proxy_tokens(config) / (PROXY_TOKENS_PER_SECOND / proxy_parameters(config)) / workers
    seconds["shards"] = config.budget_tokens * BYTES_PER_TOKEN / MIB / RATES["shards"] / workers
    disk = {
        "ingest": text / 2.5,
        "embed": corpus.documents * 800 / MIB,
        "domains": corpus.documents * 40 / MIB,
        "scores": corpus.documents * 80 / MIB,
        "plan": corpus.documents * 40 / MIB,
        "shards": config.budget_tokens * BYTES_PER_TOKEN / MIB / 2.5,
    }
    order = ("ingest", "embed", "domains", "scores", "search", "plan", "shards")
    stages = tuple(
        StageForecast(name, seconds[name] / 60, WORKER_MIB[name] * workers, disk.get(name, 1.0)) for name in order
    )
    domains = config.domains.count
    wanted = f"{domains}" if domains != "auto" else f"at most {config.domains.max_count}, by the merge tree"
    return Forecast(
        documents=round(corpus.documents),
        is_counted=corpus.is_counted,
        text_mib=text,
        tokens=corpus.text_bytes / BYTES_PER_TOKEN,
        budget_tokens=config.budget_tokens,
        max_epochs=config.max_epochs,
        domains=wanted,
        trials=trials,
        workers=workers,
        stages=stages,
    )


def proxy_parameters(config: RunConfig) -> float:
    """Return the parameters of one proxy: blocks and tied embedding."""
    proxy = config.search.proxy
    vocabulary = config.search.vocabulary or config.ingest.vocabulary
    return PARAMETERS_PER_LAYER * proxy.layers * proxy.width**2 + vocabulary * proxy.width


def trial_count(config: RunConfig) -> int:
    """Return the most proxies that are trained: noise, experts, rounds, finalists, winner and controls."""
    search = config.search
    if search.mixture is not None:
        return 0
    each = trains(search.evaluator)
    experts = _domains(config) if search.screen or (not each and load_evaluator(search.evaluator).needs_experts) else 0
    rounds = sum(search.rounds) if each else 0
    return search.noise_seeds + experts + rounds + FINALISTS * search.finalist_seeds + FINAL_ARMS * search.final_seeds


def _proxy_tokens(config: RunConfig) -> float:
    """Return the tokens that all proxies train on, and those that they are measured on at their lesser cost."""
    search, trials = config.search, trial_count(config)
    finals = min(trials, FINAL_ARMS * search.final_seeds)
    measured = search.eval_tokens * (len(config.targets.sets) + HELD_OUT * _domains(config))
    trained = (trials - finals) * search.proxy_tokens + finals * search.final_tokens
    return trained + trials * measured * MEASURED


def _domains(config: RunConfig) -> int:
    """Return how many domains there will be at most."""
    return config.domains.count if isinstance(config.domains.count, int) else config.domains.max_count
