"""Every surrogate on every table of recorded runs, by cross-validation: is `auto` as good as the best single one?

Main suites one by one, scales one by one at their last common checkpoint, five folds that keep equal mixtures together.
Per table and surrogate the mean Spearman correlation over targets, mean and standard error over folds; `auto` holds
where it is no further below the best single one than 0.5 points or its standard error over folds, whichever is larger.
The standard error of the difference, fold by fold, is beside it.
Tables of fewer than ten mixtures are left out.

    python -m benchmarks.surrogates [--surrogates auto gp ...] [--tables pile ...] [--targets 110]
"""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.search_replay import RUNS
from mixpipe.search.replay.judge import Judgement, judge
from mixpipe.search.replay.merit import MERITS
from mixpipe.search.replay.tables import RunTable, read_runs
from mixpipe.search.surrogates import SURROGATES
from mixpipe.store.threads import fixed_threads

LEAST_MIXTURES = 10
WHOLE = {
    "slimpajama_1m": "multi_target_regmix/slimpajama_1m",
    "wiki40b_1m": "multi_target_regmix/wiki40b_1m",
    "dclm_topics_24": "olmix/dclm_topics_24",
    "full_recomputation_64": "olmix/full_recomputation_64",
}
BY_SCALE = {
    "slimpajama_scaling": "slimpajama_scaling",
    "3Mix": "data_mixing_laws/3Mix",
    "5Mix": "data_mixing_laws/5Mix",
    "RedPajama": "data_mixing_laws/RedPajama",
    "pile_4domains": "pile_4domains",
}
LEAST_DIFFERENCE = 0.005


def tables() -> Iterator[tuple[str, RunTable]]:
    """Yield name and runs of every table: one suite, one scale, one checkpoint."""
    pile = read_runs(RUNS / "regmix_pile" / "runs.csv")
    yield "pile_1m", pile.rows(pile.columns["suite"] == "train_1m")
    for name, place in WHOLE.items():
        yield name, read_runs(RUNS / place / "runs.csv")
    for name, place in BY_SCALE.items():
        runs = read_runs(RUNS / place / "runs.csv")
        for size in np.unique(runs.columns["model_params"]):
            scale = _last_common(runs.rows(runs.columns["model_params"] == size))
            if len(np.unique(scale.mixtures, axis=0)) >= LEAST_MIXTURES:
                yield f"{name}_{size / 1e6:.0f}m", scale
    traces = read_runs(RUNS / "lora_bo_traces" / "runs.csv")
    for task in np.unique(traces.columns["suite"]):
        yield str(task), traces.rows(traces.columns["suite"] == task)


def measure(surrogates: list[str], wanted: list[str], most_targets: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, runs in tables():
        if wanted and name not in wanted:
            continue
        kept = np.unique(np.linspace(0, len(runs.targets) - 1, most_targets).round().astype(int))
        runs = runs.narrowed([runs.targets[at] for at in kept])
        by_fold = {}
        seconds = {}
        for surrogate, judged in judge(runs, None, surrogates):
            by_fold[surrogate] = _mean_over_targets(judged)
            seconds[surrogate] = round(judged.seconds, 1)
        found[name] = {"runs": len(runs), "domains": len(runs.domains), "targets": len(runs.targets)}
        found[name] |= _compared(by_fold) | {"seconds": seconds}
        print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    means = {s: float(np.mean([row["spearman"][s]["mean"] for row in found.values()])) for s in surrogates}
    return {"tables": found, "mean_over_tables": {s: round(value, 4) for s, value in means.items()}}


def _compared(by_fold: dict[str, np.ndarray]) -> dict[str, Any]:
    figures = {
        name: {"mean": round(float(np.nanmean(folds)), 4), "se": round(_error(folds), 4)}
        for name, folds in by_fold.items()
    }
    singles = {name: row["mean"] for name, row in figures.items() if name != "auto"}
    if "auto" not in figures or not singles:
        return {"spearman": figures}
    best = max(singles, key=lambda name: singles[name])
    behind = by_fold[best] - by_fold["auto"]
    allowed = max(LEAST_DIFFERENCE, _error(by_fold["auto"]))
    return {
        "spearman": figures,
        "best_single": best,
        "auto_behind": round(float(np.nanmean(behind)), 4),
        "difference_se": round(_error(behind), 4),
        "allowed": round(allowed, 4),
        "holds": bool(np.nanmean(behind) <= allowed),
    }


def _mean_over_targets(judged: Judgement) -> np.ndarray:
    figures = judged.figures[:, MERITS.index("spearman")]
    defined = np.isfinite(figures).sum(axis=1)
    return np.where(defined, np.nansum(figures, axis=1) / np.maximum(defined, 1), np.nan)


def _error(folds: np.ndarray) -> float:
    return float(np.nanstd(folds, ddof=1) / np.sqrt(np.isfinite(folds).sum()))


def _last_common(runs: RunTable) -> RunTable:
    """Return the runs at the latest checkpoint that four fifths of the mixtures have."""
    column = "step" if "step" in runs.columns else "train_tokens"
    values, counts = np.unique(runs.columns[column], return_counts=True)
    latest = values[counts >= 0.8 * counts.max()].max()
    return runs.rows(runs.columns[column] == latest)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--surrogates", nargs="+", default=sorted(SURROGATES), choices=sorted(SURROGATES))
    parser.add_argument("--tables", nargs="+", default=[])
    parser.add_argument("--targets", type=int, default=110, help="at most so many, spread over the table")
    asked = parser.parse_args()
    with fixed_threads(1):
        print(json.dumps(measure(asked.surrogates, asked.tables, asked.targets)))
