"""A made-up run, sealed with the store's own functions in the shapes that the stages seal."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.build import finish_step, open_stage, run_part, seal
from mixpipe.store.files import write_json, write_table
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.tables import DOMAINS, QUARANTINE, TRIALS

HOSTILE = "<script>alert('x')</script>\x1b[31m$a_b$\N{RIGHT-TO-LEFT OVERRIDE}"
NAMES = [
    "medical-patients-disease", "court-justice-question", "film-movie-story", "const-return-public", "said-mr-percent",
    "god-lord-israel", "théorème-日本", "theorem-proof-algebra", "flour-butter-sugar", "energy-electron-atom",
    "subject-lines-article", HOSTILE,
]  # fmt: skip
TARGETS = ["medicine", "code", "law", "tech_docs"]
CONTROLS = ["natural", "uniform", "unimax"]
SOURCES = ["ohsumed", "scotus", "imdb", "reuters21578", HOSTILE]
REASONS = ["duplicate", "gopher:word-length", "c4:curly-brace"]
BUDGET, MAX_EPOCHS = 8_000_000, 4.0


class AnyConfig(StageConfig):
    budget_tokens: int = BUDGET
    max_epochs: float = MAX_EPOCHS
    method: str = "climb"
    surrogate: str = "auto"
    seed: int = 0


Writer = Callable[[Path], None]


def sealed(root: Path, stage: str, write: Writer, counts: Counts) -> Artefact:
    """Seal an artefact of one part, whose reduction writes the files."""

    def run(context: Context, part: Part) -> Counts:
        (context.out / f"{part.name}.txt").write_text("a part\n")
        return counts

    def finish(context: Context) -> Counts:
        write(context.out)
        return {}

    step = Step("only", lambda context: [Part("part", {}, {"stage": stage})], run, finish)
    declared = Stage(name=stage, version=1, config=AnyConfig, inputs=(), steps=lambda config: (step,))
    job = open_stage(root, declared, AnyConfig(), {})
    assert not isinstance(job, Artefact)
    for part in job.plan(step):
        run_part(job, step, part)
    finish_step(job, step)
    return seal(job)


class World:
    """The numbers that the files of the run agree on."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.tokens = np.sort(rng.lognormal(13.2, 0.9, len(NAMES)).astype(int))[::-1]
        self.documents = np.maximum(self.tokens // 450, 1)
        self.natural = self.tokens / self.tokens.sum()
        self.caps = np.minimum(1, MAX_EPOCHS * self.tokens / BUDGET)
        free = rng.dirichlet(self.natural * 20 + 0.4)
        capped = np.minimum(free, self.caps)
        room = self.caps - capped
        self.weights = capped + room * (1 - capped.sum()) / room.sum()
        self.free = free
        self.places = rng.normal(size=(len(NAMES), 2))
        self.rng = rng


def write_ingest(world: World, out: Path) -> None:
    split = np.linspace(0.5, 0.05, len(SOURCES))
    split /= split.sum()
    total = int(world.documents.sum())
    documents = (split * total).astype(int)
    documents[0] += total - documents.sum()
    write_json(
        out / "sources.json",
        {
            name: {"documents": int(n), "bytes": int(n) * 2000, "tokens": int(n) * 450, "duplicates": int(n) // 40}
            for name, n in zip(SOURCES, documents, strict=True)
        },
    )
    rows = [
        {"file": "a.jsonl", "position": f"line {i}", "reason": reason, "detail": HOSTILE}
        for i, reason in enumerate(["invalid-json"] * 120 + ["empty-text"] * 31)
    ]
    write_table(out / "quarantine.parquet", pa.Table.from_pylist(rows, QUARANTINE), QUARANTINE)


def write_domains(world: World, out: Path) -> None:
    rows = [
        {
            "domain": k,
            "name": name,
            "terms": [*name.split("-"), "further", "terms", HOSTILE],
            "documents": int(world.documents[k]),
            "tokens": int(world.tokens[k]),
            "share": float(world.natural[k]),
            "compactness": 0.3 + 0.01 * k,
            "separation": 0.8,
            "x": float(world.places[k, 0]),
            "y": float(world.places[k, 1]),
            "medoids": [f"{k:032x}", f"{k + 99:032x}"],
            "examples": [f"How a document of {name} begins. {HOSTILE} " + "And on and on it goes. " * 40, "Another."],
        }
        for k, name in enumerate(NAMES)
    ]
    write_table(out / "domains.parquet", pa.Table.from_pylist(rows, DOMAINS), DOMAINS)
    gate = {"largest_share": 0.3, "entropy": 0.8, "domains": len(NAMES), "clusters": 80, "rule": "auto"}
    write_json(out / "gate.json", gate)


def write_scores(world: World, out: Path) -> None:
    columns = {}
    for name, low, high in (
        ("gopher_words", 0, 900), ("quality_raw", 0, 1), ("classifier", 0, 1), ("perplexity", 1, 4), ("quality", 0, 1),
    ):  # fmt: skip
        edges = np.linspace(low, high, 21)
        centres = world.rng.uniform(0.3, 0.7, len(NAMES))
        shapes = np.exp(-(((np.arange(20) + 0.5) / 20 - centres[:, None]) ** 2) / 0.03)
        bins = (shapes * world.documents[:, None] / 5).astype(int)
        columns[name] = {
            "edges": edges.tolist(),
            "domains": {
                str(k): {
                    "count": int(bins[k].sum()),
                    "mean": float(low + centres[k] * (high - low)),
                    "histogram": bins[k].tolist(),
                }
                for k in range(len(NAMES))
            },
        }
    write_json(out / "scores.json", {"columns": columns, "rules": {"gopher": ["word-length"]}})
    dropped = {source: {reason: 40 + 7 * i + j for j, reason in enumerate(REASONS)} for i, source in enumerate(SOURCES)}
    write_json(out / "removals.json", dropped)


def dropped_documents() -> dict[str, int]:
    return {reason: sum(40 + 7 * i + j for i in range(len(SOURCES))) for j, reason in enumerate(REASONS)}


def planned(world: World) -> list[dict[str, Any]]:
    tokens = np.round(world.weights * BUDGET).astype(int)
    return [
        {
            "id": f"d{k:03d}",
            "name": name,
            "weight": float(world.weights[k]),
            "target_tokens": float(world.weights[k] * BUDGET),
            "expected_tokens": float(world.weights[k] * BUDGET),
            "planned_tokens": int(tokens[k]),
            "available_tokens": int(world.tokens[k]),
            "available_documents": int(world.documents[k]),
            "drawn_documents": int(world.documents[k] // 2),
            "copies": int(world.documents[k]),
            "epochs": float(tokens[k] / world.tokens[k]),
            "longest_tokens": 9000,
        }
        for k, name in enumerate(NAMES)
    ]


def write_plan(world: World, out: Path) -> None:
    dropped = dropped_documents()
    eligible = int(world.documents.sum()) - sum(dropped.values())
    flow = {"in": int(world.documents.sum()), "dropped": dropped, "not_drawn": eligible // 3}
    flow["planned"] = eligible - eligible // 3
    write_json(
        out / "plan.json",
        {
            "budget_tokens": BUDGET,
            "planned_tokens": BUDGET,
            "max_epochs": MAX_EPOCHS,
            "waterfall": {"documents": flow, "tokens": flow},
            "domains": planned(world),
        },
    )


def write_shards(world: World, out: Path) -> None:
    domains = [
        {
            **{key: row[key] for key in ("id", "name", "available_tokens", "planned_tokens", "epochs")},
            "docs": row["drawn_documents"],
            "rows": row["copies"],
            "written_tokens": row["planned_tokens"],
            "weight_target": row["weight"],
            "weight_realised": row["planned_tokens"] / BUDGET,
        }
        for row in planned(world)
    ]
    write_json(
        out / "dataset.json",
        {
            "schema": "mixpipe.dataset/1",
            "format": "parquet",
            "text_bytes": BUDGET * 4,
            "splits": {"train": {"rows": 71_000, "tokens": BUDGET, "shards": 3}},
            "domains": domains,
        },
    )


def write_search(world: World, out: Path) -> None:
    rng, trials = world.rng, []
    plan = ["noise"] * 3 + ["controls"] * 3 + ["round-1"] * 16 + ["round-2"] * 8 + ["round-3"] * 4 + ["final"] * 12
    for number, name in enumerate(plan):
        better = {"noise": 0.0, "controls": 0.0, "round-1": -0.02, "round-2": -0.08, "round-3": -0.11}.get(name, -0.2)
        losses = {t: float(2.1 + 0.1 * k + better + rng.normal(0, 0.03)) for k, t in enumerate(TARGETS)}
        method = {"noise": "natural", "controls": CONTROLS[number % 3]}.get(name, "climb")
        failed = number == 9
        trials.append(
            {
                "trial": f"{number:032x}",
                "method": method,
                "round": name,
                "mixture": (rng.dirichlet(world.natural * 20 + 0.2)).tolist(),
                "model_size": 1_000_000,
                "tokens": 500_000,
                "seed": number,
                "target_losses": [] if failed else list(losses.items()),
                "domain_losses": [] if failed else [(str(k), 2.0) for k in range(len(NAMES))],
                "seconds": 4.2,
                "status": "loss diverged" if failed else "ok",
            }
        )
    write_table(out / "trials.parquet", pa.Table.from_pylist(trials, TRIALS), TRIALS)
    write_json(out / "mixture.json", {"weights": world.weights.tolist(), "domains": NAMES})
    write_json(out / "search.json", search_record(world, trials))
    write_json(out / "verdict.json", verdict_record(rng))


def search_record(world: World, trials: list[dict[str, Any]]) -> dict[str, Any]:
    noise = {"sd": 0.012, "upper": 0.031, "snr": 4.2}
    targets = {name: {"sd": 0.01 + 0.002 * k, "upper": 0.03, "snr": 5.0 - 1.2 * k} for k, name in enumerate(TARGETS)}
    ok = [trial for trial in trials if trial["status"] == "ok"]
    objectives = {trial["trial"]: 20 * (float(np.mean([v for _, v in trial["target_losses"]])) - 2.2) for trial in ok}
    return {
        "targets": {name: 1 / len(TARGETS) for name in TARGETS},
        "objectives": objectives,
        "foreseen": {name: value + world.rng.normal(0, 0.3) for name, value in objectives.items()},
        "controls": {"natural": 0.1, "uniform": 0.3, "unimax": -0.7},
        "unconstrained": world.free.tolist(),
        "noise": {"objective": {**noise, "sd": 0.2}, "targets": targets, "degrees": 2, "weak": {"tech_docs": 1.4}},
        "evidence": {"chosen": "top-mean", "rank": dict(zip(TARGETS, (0.92, 0.81, 0.64, None), strict=True))},
    }


def verdict_record(rng: np.random.Generator) -> dict[str, Any]:
    comparisons = []
    for control, gain in zip(CONTROLS, (1.9, 1.1, 0.15), strict=True):
        for measure in ("objective", *TARGETS):
            scale = 1.0 if measure == "objective" else 0.05
            mean, error = scale * (gain + rng.normal(0, 0.2)), scale * 0.12
            word = "better" if mean > 2 * error else "worse" if mean < -2 * error else "tied"
            comparisons.append(
                {
                    "control": control,
                    "measure": measure,
                    "gain": mean,
                    "standard_error": error,
                    "low": mean - 4.3 * error,
                    "high": mean + 4.3 * error,
                    "seeds": 3,
                    "word": word,
                }
            )
    return {"comparisons": comparisons, "wins": False}


WRITERS: dict[str, Callable[[World, Path], None]] = {
    "ingest": write_ingest,
    "domains": write_domains,
    "scores": write_scores,
    "search": write_search,
    "plan": write_plan,
    "shards": write_shards,
}


def make_run(root: Path) -> dict[str, Artefact]:
    """Seal all stages that the report reads, in the order of the stages."""
    world = World()
    counts = {"documents": float(world.documents.sum()), "tokens": float(world.tokens.sum())}
    return {stage: sealed(root, stage, partial(write, world), counts) for stage, write in WRITERS.items()}


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Artefact]:
    """A finished run; tests read it and take stages away, never change it."""
    return make_run(tmp_path_factory.mktemp("run"))
