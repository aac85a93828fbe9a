"""The last step of a search: three candidates, one recommendation.

A predicted optimum is optimistic (the winner's curse), so three are always computed and kept: the mixture predicted
best, the mean of those predicted best, and the best measured. All three are scored by the same forecast, which pulls
a lucky measurement towards what its neighbours say. The optimum without constraints is shown beside them.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.mixture.simplex import lattice_key
from mixpipe.search.forecast import Forecast
from mixpipe.search.methods.protocol import Candidate, Recommendation
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, tried, usable
from mixpipe.store.fingerprint import Json

__all__ = ["enough", "select"]

# Below so many different mixtures a regression says nothing.
LEAST_MIXTURES = 4


def enough(trials: Sequence[Trial]) -> bool:
    """Tell whether there are enough usable trials of different mixtures to fit a surrogate."""
    return len(tried(usable(trials))) >= LEAST_MIXTURES


def select(
    problem: Problem, forecast: Forecast, pool: np.ndarray, free_pool: np.ndarray, *, choose: str, top: int
) -> Recommendation:
    """Recommend a mixture.

    Args:
        problem: what is searched.
        forecast: fitted to the trials.
        pool: (q, k) feasible mixtures to choose from.
        free_pool: (r, k) mixtures that need not be feasible.
        choose: name of the candidate to recommend, or `forecast`: the one foreseen best.
        top: how many of the best are averaged.
    """
    scores, _ = forecast.score(pool)
    order = np.argsort(scores, kind="stable")
    values = _means(forecast)
    best_trial = min(values, key=lambda key: values[key][0])
    measured = problem.constraints.settle(values[best_trial][1])
    rows = [pool[order[0]], problem.constraints.settle(pool[order[:top]].mean(axis=0)), measured]
    foreseen, sd = forecast.score(np.array(rows))
    names = ("predicted", "top-mean", "measured")
    candidates = tuple(
        Candidate(name, row, float(score), values[key][0] if (key := lattice_key(row)) in values else None)
        for name, row, score in zip(names, rows, foreseen, strict=True)
    )
    chosen = names.index(choose) if choose in names else int(np.argmin(foreseen))
    evidence: dict[str, Json] = {
        "trials": len(forecast.mixtures),
        "chosen": names[chosen],
        "foreseen": float(foreseen[chosen]),
        "sd": float(sd[chosen]),
        "rank": {t: _or_none(r) for t, r in zip(forecast.targets, forecast.rank, strict=True)},
        "screened": {t: bool(u) for t, u in zip(forecast.targets, forecast.use_prior, strict=True)},
    }
    return Recommendation(rows[chosen], evidence, candidates, free_pool[int(np.argmin(forecast.score(free_pool)[0]))])


def _means(forecast: Forecast) -> dict[bytes, tuple[float, np.ndarray]]:
    """Return by lattice key the mean measured objective over seeds, and the mixture."""
    groups: dict[bytes, list[int]] = {}
    for row, mixture in enumerate(forecast.mixtures):
        groups.setdefault(lattice_key(mixture), []).append(row)
    values = forecast.measured()
    return {key: (float(values[rows].mean()), forecast.mixtures[rows[0]]) for key, rows in groups.items()}


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
