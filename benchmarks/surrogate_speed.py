"""How long `auto` takes: to fit RegMix's 512 runs of 17 domains and 13 targets, and to score 100,000 candidates.

python -m benchmarks.surrogate_speed
"""

import json
import time

import numpy as np

from benchmarks.surrogates import tables
from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import fit_surrogate
from mixpipe.store.threads import fixed_threads

CANDIDATES = 100_000


def measure() -> dict[str, float]:
    runs = next(runs for name, runs in tables() if name == "pile_1m")
    candidates = np.random.default_rng(0).dirichlet(np.ones(len(runs.domains)), size=CANDIDATES)
    started = time.perf_counter()
    fitted = fit_surrogate(load_surrogate("auto"), runs.mixtures, runs.losses)
    fit = time.perf_counter() - started
    started = time.perf_counter()
    fitted.predict(candidates)
    return {"fit_seconds": round(fit, 1), "score_seconds": round(time.perf_counter() - started, 1)}


if __name__ == "__main__":
    with fixed_threads(1):
        print(json.dumps(measure()))
