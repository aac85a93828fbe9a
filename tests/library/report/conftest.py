"""A made-up run, sealed with the store's own functions in the shapes that the stages seal."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.tables import DOMAINS, QUARANTINE, TRIALS

HOSTILE = "<script>alert('x')</script>\x1b[31m$a_b$\N{RIGHT-TO-LEFT OVERRIDE}"
NAMES = [
    "medical-patients-disease", "court-justice-question", "film-movie-story", "const-return-public", "said-mr-percent",
    "god-lord-israel", "théorème-日本", "theorem-proof-algebra", "flour-butter-sugar", "energy-electron-atom",
    "subject-lines-article", HOSTILE,
]  # fmt: skip
TARGETS = ["medicine", "code", "law", "tech_docs"]
CONTROLS = ["natural", "uniform", "unimax", "best-random"]
SOURCES = ["ohsumed", "scotus", "imdb", "reuters21578", HOSTILE]
REASONS = ["duplicate", "gopher:word-length", "c4:curly-brace"]
BUDGET, MAX_EPOCHS = 8_000_000, 4.0


class AnyConfig(StageConfig):
    budget_tokens: int = BUDGET
    max_epochs: float = MAX_EPOCHS
    method: str = "climb"
    evaluator: str = "transformer"
    surrogate: str = "auto"
    seed: int = 0


Writer = Callable[[Path], None]


def sealed(root: Path, stage: str, write: Writer, counts: Counts, steps: Sequence[str] = ("only",)) -> Artefact:
    """Seal an artefact whose last reduction writes the files, with one part for every name of a step."""

    def plan(context: Context, name: str) -> list[Part]:
        return [Part(f"{name}-{n}", {}, {"stage": stage, "step": name, "n": n}) for n in range(steps.count(name))]

    def run(context: Context, part: Part) -> Counts:
        (context.out / f"{part.name}.txt").write_text("a part\n")
        return counts

    def finish(context: Context) -> Counts:
        write(context.out)
        return {}

    names = list(dict.fromkeys(steps))
    ends = {names[-1]: finish}
    declared = tuple(Step(name, partial(plan, name=name), run, ends.get(name)) for name in names)
    job = open_stage(root, Stage(stage, 1, AnyConfig, (), lambda config: declared), AnyConfig(), {})
    assert not isinstance(job, Artefact)
    for step in job.steps:
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
    gate = {"largest_share": 0.3, "entropy": 0.8, "domains": len(NAMES), "clusters": 80, "rule": "asked"}
    write_json(out / "gate.json", gate)


def write_scores(world: World, out: Path) -> None:
    columns = {}
    for name, low, high in (
        ("gopher_words", 0, 900), ("quality", 0, 1), ("classifier", 0, 1), ("perplexity", 1, 4), ("quality_rank", 0, 1),
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
    facts = {
        "exam": {
            "items": 200,
            "uncovered": 0,
            "flagged": {"item": 1, "text": 0, "run": 0, "ngrams": 0, "paragraph": 0},
        },
        HOSTILE: {
            "items": 39,
            "uncovered": 4,
            "flagged": {"item": 5, "text": 2, "run": 0, "ngrams": 1, "paragraph": 0},
        },
    }
    record = {"columns": columns, "rules": {"gopher": ["word-length"]}, "facts": {"leak": facts}}
    write_json(out / "scores.json", record)
    dropped = {source: {reason: 40 + 7 * i + j for j, reason in enumerate(REASONS)} for i, source in enumerate(SOURCES)}
    write_json(out / "removals.json", dropped)
    cells = np.outer(np.arange(1, len(SOURCES) + 1), world.documents).tolist()
    write_json(out / "origins.json", {"association": 0.25, "sources": dict(zip(SOURCES, cells, strict=True))})
    write_json(out / "examples.json", examples())


def examples() -> dict[str, Any]:
    def document(number: int) -> dict[str, Any]:
        return {
            "id": f"{number:012x}" + 20 * "0",
            "source": SOURCES[0],
            "text": f"Document {number} begins so. {HOSTILE}",
        }

    shown = {
        percentile: {**document(number), "value": number / 3} for number, percentile in enumerate(("1", "50", "99"))
    }
    pairs = [{**document(number), "twin": document(number + 50) if number else None} for number in range(2)]
    spans = [{"start": 20, "end": 1320, "set": HOSTILE, "text": f"What {HOSTILE} was asked"}]
    leaking = [{**document(9), "twin": None, "spans": spans}]
    return {"percentiles": {"quality": shown}, "dropped": {"near-duplicate": pairs, "leak:item": leaking}}


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

    write_json(out / "diversity.json", diversity())
    phases = [
        {"name": name, "share": share, "domains": portions(world, share)}
        for name, share in (("warm-up", 0.75), ("end", 0.25))
    ]
    whole = portions(world, 1.0)
    write_json(out / "mixture.json", {"phases": phases, "domains": whole, "reused_documents": 41})


def portions(world: World, share: float) -> list[dict[str, Any]]:
    """Return the domains of one phase but the last, which has none there."""
    same = ("id", "name", "weight")
    return [
        {
            **{key: row[key] for key in same},
            "planned_tokens": row["planned_tokens"] * share,
            "epochs": row["planned_tokens"] * share / row["available_tokens"],
            "docs": 7,
        }
        for row in planned(world)[:-1]
    ]


def diversity() -> dict[str, Any]:
    def measured(vendi: float) -> dict[str, float]:
        return {"vendi": vendi, "vendi_centred": vendi + 9, "coding_rate": vendi / 10, "matrix_entropy": 0.5}

    domains = [
        {"domain": k, "corpus": measured(20 + k), "plan": measured(22) if k else None} for k in range(len(NAMES))
    ]
    return {"sample": 20_000, "corpus": measured(40), "plan": measured(50), "domains": domains}


def write_duplicates(world: World, out: Path) -> None:
    row = {"id": f"{7:032x}", "source": SOURCES[-1], "text": f"Permission is hereby granted {HOSTILE}", "texts": 31}
    write_json(out / "largest.json", [row, {**row, "id": f"{8:032x}", "texts": 2}])


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
            "formats": ["parquet"],
            "text_bytes": BUDGET * 4,
            "splits": {"train": {"rows": 71_000, "tokens": BUDGET, "shards": 3}},
            "licence_tiers": [{"tier": 1, "rows": 30, "tokens": BUDGET // 4}, {"tier": 3, "rows": 9, "tokens": 80}],
            "domains": domains,
        },
    )


def write_search(world: World, out: Path) -> None:
    trials = [trial_row(world, number, name) for number, name in enumerate(STEPS)]
    write_table(out / "trials.parquet", pa.Table.from_pylist(trials, TRIALS), TRIALS)
    write_json(out / "mixture.json", {"weights": world.weights.tolist(), "domains": NAMES})
    record = search_record(world, trials)
    write_json(out / "search.json", record)
    for number, round_record in enumerate(record["rounds"], start=1):
        write_json(out / f"round-{number}.json", round_record)
    write_json(out / "verdict.json", verdict_record(world))


STEPS = ["noise"] * 3 + ["round-1"] * 16 + ["round-2"] * 8 + ["round-3"] * 4 + ["finalists"] * 6 + ["final"] * 15
GAINS = {"noise": 0.0, "round-1": -0.02, "round-2": -0.08, "round-3": -0.11}
FAILED = 9  # the number of the trial without losses


def trial_row(world: World, number: int, name: str) -> dict[str, Any]:
    rng, better = world.rng, GAINS.get(name, -0.2)
    losses = {t: float(2.1 + 0.1 * k + better + rng.normal(0, 0.03)) for k, t in enumerate(TARGETS)}
    failed = number == FAILED
    return {
        "trial": f"{number:032x}",
        "method": "natural" if name == "noise" else "climb",
        "round": name,
        "mixture": rng.dirichlet(world.natural * 20 + 0.2).tolist(),
        "model_size": 1_000_000,
        "tokens": 500_000 * (2 if name == "final" else 1),
        "seed": number,
        "target_losses": [] if failed else list(losses.items()),
        "domain_losses": [] if failed else [(str(k), 2.0) for k in range(len(NAMES))],
        "status": "the loss is not a number" if failed else "ok",
        "trajectory": [],
    }


def search_record(world: World, trials: list[dict[str, Any]]) -> dict[str, Any]:
    centre = {name: 2.05 + 0.1 * k for k, name in enumerate(TARGETS)}
    scale = dict.fromkeys(TARGETS, 0.05)

    def round_record(name: str) -> dict[str, Any]:
        found = []
        for trial in trials:
            losses = dict(trial["target_losses"])
            if trial["round"] == name and losses:
                value = float(np.mean([(losses[t] - centre[t]) / scale[t] for t in TARGETS]))
                foreseen = value + float(world.rng.normal(0, 0.5)) if name not in ("noise", "round-1") else None
                bits = float(np.mean(list(losses.values())))
                found.append({"trial": trial["trial"], "objective": value, "bits": bits, "predicted": foreseen})
        draws = {"drawn": 64, "refused": 13, "mean": world.natural.tolist()} if name == "round-1" else None
        return {"name": name, "best": min(row["objective"] for row in found), "trials": found, "draws": draws}

    rounds = [round_record(f"round-{number}") for number in (1, 2, 3)]
    targets = {name: {"sd": 0.01 + 0.002 * k, "upper": 0.03, "snr": 5.0 - 1.2 * k} for k, name in enumerate(TARGETS)}
    objective = {"sd": 0.2, "upper": 0.5, "snr": 4.2}
    return {
        "domains": NAMES,
        "targets": dict.fromkeys(TARGETS, 2.0),
        "objective": {"kind": "mean", "centre": centre, "scale": scale},
        "noise": {
            "targets": targets,
            "objective": objective,
            "degrees": 2,
            "weak": {"tech_docs": 1.4},
            "trials": round_record("noise")["trials"],
        },
        "rounds": rounds,
        "outlooks": [{"round": "round-1", "gain": 0.9, "floor": 0.4, "stops": False}],
        "pareto": {"trials": [trial["trial"] for trial in rounds[2]["trials"]], "of": 28},
        "evidence": {
            "trials": 31,
            "chosen": "top-mean",
            "foreseen": -2.0,
            "sd": 0.3,
            "rank": dict(zip(TARGETS, (0.92, 0.81, 0.64, None), strict=True)),
            "screened": dict(zip(TARGETS, (True, True, False, False), strict=True)),
            "unconstrained": world.free.tolist(),
            "unconstrained_epochs": (world.free * BUDGET / world.tokens).tolist(),
        },
        "finalists": {
            "from": "top-mean",
            "objective": {"predicted": -1.91, "top-mean": -2.2, "measured": -1.4},
        },
        "screen": True,
        "refused": {f"{FAILED:032x}": "the loss is not a number"},
    }


def verdict_record(world: World) -> dict[str, Any]:
    rng, comparisons = world.rng, []
    for control, gain in zip(CONTROLS, (1.9, 1.1, 0.15, 0.9), strict=True):
        for measure in ("objective", *TARGETS):
            scale = 1.0 if measure == "objective" else 0.05
            mean, error = float(scale * (gain + rng.normal(0, 0.2))), scale * 0.12
            comparisons.append(
                {
                    "control": control,
                    "measure": measure,
                    "gain": mean,
                    "standard_error": error,
                    "low": mean - 4.3 * error,
                    "high": mean + 4.3 * error,
                    "seeds": 3,
                    "word": "better" if mean > 2 * error else "worse" if mean < -2 * error else "tied",
                }
            )
    arms = {
        name: {
            "weights": world.weights.tolist(),
            "epochs": (world.weights * BUDGET / world.tokens).tolist(),
            "objective": -3.0 + 0.5 * k,
            "bits": 1.9 + 0.03 * k,
            "losses": {target: 1.8 + 0.1 * at + 0.03 * k for at, target in enumerate(TARGETS)},
        }
        for k, name in enumerate(("winner", *CONTROLS))
    }
    wins = {row["word"] for row in comparisons if row["measure"] == "objective"} == {"better"}
    return {"comparisons": comparisons, "wins": wins, "chosen": "winner", "reason": "made up", "arms": arms}


WRITERS: dict[str, Callable[[World, Path], None]] = {
    "ingest": write_ingest,
    "domains": write_domains,
    "duplicates": write_duplicates,
    "scores": write_scores,
    "search": write_search,
    "plan": write_plan,
    "shards": write_shards,
}


def make_run(root: Path) -> dict[str, Artefact]:
    """Seal all stages that the report reads, in the order of the stages."""
    world = World()
    counts = {"documents": float(world.documents.sum()), "tokens": float(world.tokens.sum())}
    counts |= {"near_groups": 17.0, "near_marked": 60.0, "semantic_marked": 1.0}
    steps = {"search": [*STEPS, *["experts"] * len(NAMES)]}
    return {
        stage: sealed(root, stage, partial(write, world), counts, steps.get(stage, ("only",)))
        for stage, write in WRITERS.items()
    }


Edited = Callable[[str, str, Callable[[Any], Any]], dict[str, Artefact]]


@pytest.fixture
def edited(artefacts: Mapping[str, Artefact], tmp_path: Path) -> Edited:
    """Return the run with one JSON file of one stage changed."""

    def edit(stage: str, name: str, change: Callable[[Any], Any]) -> dict[str, Artefact]:
        folder = tmp_path / stage
        shutil.copytree(artefacts[stage].path, folder)
        write_json(folder / name, change(read_json(folder / name)))
        return {**artefacts, stage: replace(artefacts[stage], path=folder)}

    return edit


def write_given(world: World, out: Path) -> None:
    """Write what the search seals when the mixture is given: no trials, no verdict."""
    write_json(out / "mixture.json", {"weights": world.weights.tolist(), "domains": NAMES})
    write_json(out / "search.json", {"given": {}, "largest_change": 0.031})
    write_table(out / "trials.parquet", TRIALS.empty_table(), TRIALS)


@pytest.fixture
def given(artefacts: Mapping[str, Artefact], tmp_path: Path) -> dict[str, Artefact]:
    """Return the run with a given mixture."""
    return {**artefacts, "search": sealed(tmp_path, "search", partial(write_given, World()), {})}


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Artefact]:
    """A finished run; tests read it and take stages away, never change it."""
    return make_run(tmp_path_factory.mktemp("run"))
