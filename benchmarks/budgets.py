"""Does a mixture that is better at the proxies' tokens stay better with more of them?

The winners of `methods`' searches trained again at the proxies' own tokens and at twice as many, with three fresh seeds
that all share, on the pools of their search seed. Gains are natural minus winner in bits per byte of the mean target,
by search seed; beside them the default minus data mixing laws, paired by search seed, with its standard error.

    python -m benchmarks.methods --root DIR && python -m benchmarks.budgets --root DIR [--seeds 5]
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.few_proxies import FRESH, hold, mean_and_error, pools_of, trained_losses
from benchmarks.workers import worker_pool
from mixpipe.runs.run import load_artefacts
from mixpipe.store.files import read_json
from mixpipe.store.threads import fixed_threads

METHODS = ("data-mixing-laws", "mixpipe")
PROXY_TOKENS, TIMES = 100_000, (1, 2)
SEEDS = (*FRESH, FRESH[-1] + 1)


def measure(folder: Path, *, seeds: int) -> dict[str, Any]:
    gains = np.array([gains_of(folder / "root" / "runs", seed) for seed in range(seeds)])  # (seeds, methods, times)
    by_tokens = {}
    for column, times in enumerate(TIMES):
        table = gains[:, :, column]
        by_tokens[str(times * PROXY_TOKENS)] = {
            **{method: {"by_seed": table[:, row].tolist()} for row, method in enumerate(METHODS)},
            "default_minus_law": mean_and_error(table[:, 1] - table[:, 0]),
        }
    return {"seeds": seeds, "fresh_seeds": len(SEEDS), "gains": by_tokens}


def gains_of(runs: Path, seed: int) -> list[list[float]]:
    """Return by method and tokens how many bits per byte its winner of one search seed is better than natural."""
    arms: dict[str, list[float]] = {}
    for method in METHODS:
        found = read_json(load_artefacts(runs / f"{method}-{seed}")["search"].file("verdict.json"))
        arms |= {"natural": found["arms"]["natural"]["weights"], method: found["arms"]["winner"]["weights"]}
    context = pools_of(runs / f"mixpipe-{seed}")
    jobs = [(row, fresh, times * PROXY_TOKENS) for row in arms.values() for fresh in SEEDS for times in TIMES]
    with worker_pool(2, hold, context) as pool:
        found = np.array(pool.starmap(trained_losses, jobs, chunksize=1)).mean(axis=1)
    means = dict(zip(arms, found.reshape(len(arms), len(SEEDS), len(TIMES)).mean(axis=1), strict=True))
    print(seed, {arm: mean.round(4).tolist() for arm, mean in means.items()}, file=sys.stderr, flush=True)
    return [(means["natural"] - means[method]).tolist() for method in METHODS]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--root", type=Path, required=True, help="where `methods` kept its searches")
    asked = parser.parse_args()
    with fixed_threads(1):
        print(json.dumps(measure(asked.root, seeds=asked.seeds)))
