"""Searches replayed over recorded runs: the default against LightGBM rounds, Bayesian optimisation and chance.

Eight tables of finished runs, each a pool at one scale; batches of five, at random until there is enough to fit. Per
table and method the share of the gap from the best to the median run that is left after so many runs: mean, standard
deviation and standard error over seeds. A seed gives all methods the same first batch, so differences between methods
are taken seed by seed, with a standard error of their own. Tables of a hundred targets get half the seeds.

    python -m benchmarks.search_replay [--first 0] [--seeds 64] [--budget 60] [--methods M ...] [--tables T ...]

Output: `tables`, by table and method; `leads`, by number of runs the tables on which the default leaves no more than
any rival; `worst`, by number of runs the largest amount by which it leaves more than a rival, and where.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from mixpipe.search.methods import load_method
from mixpipe.search.replay.pool import Pool, gap_curves, reported
from mixpipe.search.replay.tables import read_runs
from mixpipe.search.replay.where import where

RUNS = Path(__file__).resolve().parents[2] / "shared" / "data" / "mixture_runs"
TABLES = {
    "pile": ("regmix_pile", "suite == train_1m"),
    "slimpajama": ("multi_target_regmix/slimpajama_1m", None),
    "wiki40b": ("multi_target_regmix/wiki40b_1m", None),
    "dclm_topics": ("olmix/dclm_topics_24", None),
    "olmix": ("olmix/full_recomputation_64", None),
    "commonsense_qa": ("lora_bo_traces", "suite == commonsense_qa"),
    "gsm8k": ("lora_bo_traces", "suite == gsm8k"),
    "pubmedqa": ("lora_bo_traces", "suite == pubmedqa"),
}
DEFAULT = "mixpipe"
RIVALS = ("climb:paper", "bayesian")
METHODS = ("random", *RIVALS, DEFAULT)
BATCH = 5
MANY_TARGETS = 100


def measure(tables: list[str], methods: list[str], *, first: int, seeds: int, budget: int) -> dict[str, Any]:
    """Return the figures of every table and method, and how often and how far the default leads."""
    found = {name: measure_table(name, methods, first=first, seeds=seeds, budget=budget) for name in tables}
    points = [str(point) for point in reported(budget)]
    return {
        "first": first,
        "seeds": seeds,
        "batch": BATCH,
        "tables": found,
        "leads": {point: leads(found, point) for point in points},
        "worst": {point: worst(found, point) for point in points},
    }


def measure_table(name: str, methods: list[str], *, first: int, seeds: int, budget: int) -> dict[str, Any]:
    """Return by method the gap left, and what the default leaves more (above 0) or less than it on the same seeds."""
    place, narrowed = TABLES[name]
    pool = Pool.of(where(read_runs(RUNS / place / "runs.csv"), narrowed))
    used = seeds if len(pool.problem.targets) < MANY_TARGETS else -(-seeds // 2)
    numbers = range(first, first + used)
    curves, rows = {}, {}
    for method in methods:
        started = time.perf_counter()
        curves[method] = gap_curves(pool, load_method(method), budget=budget, batch=BATCH, seeds=numbers)
        rows[method] = {
            "gap_left": summary(curves[method], budget),
            "seconds_per_search": round((time.perf_counter() - started) / used, 2),
        }
        print(name, method, rows[method]["seconds_per_search"], "s a search", file=sys.stderr)
    if DEFAULT in curves:
        for method in set(methods) - {DEFAULT}:
            rows[method]["default_minus_this"] = summary(curves[DEFAULT] - curves[method], budget)
    return {"mixtures": len(pool.trials), "seeds": used, "methods": rows}


def summary(curves: np.ndarray, budget: int) -> dict[str, dict[str, float | None]]:
    """Return mean, standard deviation and standard error over the rows of (seeds, budget); None with one seed."""
    found: dict[str, dict[str, float | None]] = {}
    for point in reported(budget):
        values = curves[:, point - 1]
        sd = float(values.std(ddof=1)) if len(values) > 1 else None
        error = None if sd is None else sd / len(values) ** 0.5
        found[str(point)] = {"mean": float(values.mean()), "sd": sd, "standard_error": error}
    return found


def leads(tables: dict[str, Any], point: str) -> list[str]:
    """Return the tables on which the default leaves no more than any rival, in thousandths of the gap."""
    return [
        name for name, table in tables.items() if all(round(more, 3) <= 0 for more in behind(table, point).values())
    ]


def worst(tables: dict[str, Any], point: str) -> dict[str, Any]:
    """Return the largest amount by which the default leaves more than a rival, and on which table."""
    amounts = [(more, name, rival) for name, table in tables.items() for rival, more in behind(table, point).items()]
    more, name, rival = max(amounts, default=(0.0, None, None))
    return {"more": more, "table": name, "than": rival}


def behind(table: dict[str, Any], point: str) -> dict[str, float]:
    """Return by rival how much more the default leaves than it; empty where one of them was not measured."""
    rows = table["methods"]
    return {
        rival: rows[rival]["default_minus_this"][point]["mean"] for rival in RIVALS if {rival, DEFAULT} <= set(rows)
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="seed; others than those a rule was chosen on test it")
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--budget", type=int, default=60)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    asked = parser.parse_args()
    print(json.dumps(measure(asked.tables, asked.methods, first=asked.first, seeds=asked.seeds, budget=asked.budget)))
