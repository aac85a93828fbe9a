"""Searches replayed over recorded runs: the default against LightGBM rounds, Bayesian optimisation and chance.

Eight tables of finished runs, each a pool at one scale; batches of five, at random until there is enough to fit. Per
table and method the share of the gap from the best to the median run that is left after so many runs, mean and standard
deviation over seeds.

    python -m benchmarks.search_replay [--seeds 10] [--budget 60] [--methods mixpipe ...] [--tables pile ...]
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from mixpipe.search.methods import load_method
from mixpipe.search.replay.pool import Pool, gap_left
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
METHODS = ("random", "climb:paper", "bayesian", "mixpipe")
BATCH = 5


def measure(tables: list[str], methods: list[str], *, seeds: int, budget: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in tables:
        place, narrowed = TABLES[name]
        pool = Pool.of(where(read_runs(RUNS / place / "runs.csv"), narrowed))
        rows = {}
        for method in methods:
            started = time.perf_counter()
            gaps = gap_left(pool, load_method(method), budget=budget, batch=BATCH, seeds=seeds)
            rows[method] = {"gap_left": gaps, "seconds_per_search": round((time.perf_counter() - started) / seeds, 2)}
        found[name] = {"mixtures": len(pool.trials), "methods": rows}
    return {"seeds": seeds, "batch": BATCH, "tables": found}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=60)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    asked = parser.parse_args()
    print(json.dumps(measure(asked.tables, asked.methods, seeds=asked.seeds, budget=asked.budget)))
