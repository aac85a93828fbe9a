"""The end of a search by a law: the mixture of the least score under the constraints, beside two that are safer.

A law's own optimum knows no caps, and the point of the capped simplex that is nearest to it need not be the best
there. So the optimum is one start of several: with draws around the natural mixture it is refined by random moves and
then by sequential quadratic programming (SLSQP, Kraft 1988) with slopes by differences, and the best row seen wins.
The mean of the rows foreseen best and the best measured are shown beside it, and trained again as finalists.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.candidates import prior_draws, variations
from mixpipe.search.methods.protocol import Candidate, Recommendation
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, losses, usable
from mixpipe.store.fingerprint import Json

__all__ = ["Score", "best_measured", "least", "natural_instead", "recommend_least"]

# (q, k) mixtures to (q,) float64, lower is better.
Score = Callable[[np.ndarray], np.ndarray]

DRAWS, REFINED, REFINEMENTS = 1024, 20, 2
AVERAGED = 100  # best rows in the `top-mean`
STEP = 1e-4  # of differences: far above the rounding of a screen in float32
ITERATIONS = 100


class _Found(NamedTuple):
    """Mixtures (k,), feasible and on the lattice: of the least score, and the mean of those of the least scores."""

    best: np.ndarray
    top_mean: np.ndarray


def least(problem: Problem, score: Score, starts: np.ndarray) -> np.ndarray:
    """Return the feasible mixture (k,), on the lattice, of the least score that is found from (s, k) starts."""
    return _found(problem, score, starts).best


def _found(problem: Problem, score: Score, starts: np.ndarray) -> _Found:
    rng = np.random.default_rng(0)
    pool = np.concatenate([problem.constraints.settle(starts), prior_draws(problem, DRAWS, rng)])
    scores = _finite(score(pool))
    for _ in range(REFINEMENTS):
        leaders = pool[np.argsort(scores, kind="stable")[:REFINED]]
        more = variations(problem, leaders, DRAWS, rng)
        pool, scores = np.concatenate([pool, more]), np.concatenate([scores, _finite(score(more))])
    order = np.argsort(scores, kind="stable")
    best = pool[order[0]]
    polished = problem.constraints.settle(_polished(problem, score, best))
    best = polished if _finite(score(polished[None]))[0] < scores.min() else best
    return _Found(best, problem.constraints.settle(pool[order[:AVERAGED]].mean(axis=0)))


def recommend_least(
    problem: Problem, trials: Sequence[Trial], score: Score, starts: np.ndarray, evidence: Mapping[str, Json]
) -> Recommendation:
    """Recommend the mixture of the least score.

    Args:
        problem: what is searched.
        trials: so far; none is needed.
        score: what a law foresees of the objective.
        starts: (s, k) mixtures, the law's own optimum for one.
        evidence: figures of the fit; how many trials there were is added.
    """
    free = replace(problem, constraints=Constraints.free(len(problem.domains)))
    best, top_mean = _found(problem, score, starts)
    foreseen, of_mean = score(np.stack([best, top_mean])).tolist()
    candidates = (
        Candidate("predicted", best, foreseen, None),
        Candidate("top-mean", top_mean, of_mean, None),
        *best_measured(problem, trials, score),
    )
    shown: dict[str, Json] = {"trials": len(usable(trials)), "chosen": "predicted", "foreseen": foreseen, **evidence}
    return Recommendation(best, shown, candidates, least(free, score, starts))


def best_measured(problem: Problem, trials: Sequence[Trial], score: Score) -> tuple[Candidate, ...]:
    """Return the best trial as a candidate, under the constraints and with its score; none without trials."""
    good = usable(trials)
    if not good:
        return ()
    values = losses(good, problem.targets)
    values = problem.fit_objective(values).value(values)
    mixture = problem.constraints.settle(good[int(values.argmin())].mixture)
    return (Candidate("measured", mixture, float(score(mixture[None])[0]), float(values.min())),)


def natural_instead(problem: Problem, trials: Sequence[Trial], reason: str) -> Recommendation:
    """Recommend the natural mixture, and say why nothing better is known."""
    evidence: dict[str, Json] = {"trials": len(usable(trials)), "chosen": "natural", "reason": reason}
    return Recommendation(problem.constraints.settle(problem.natural), evidence)


def _polished(problem: Problem, score: Score, start: np.ndarray) -> np.ndarray:
    """Return the mixture (k,) at which descent under the bounds ends; the start where it fails."""
    k = len(start)

    def value(mixture: np.ndarray) -> float:
        return float(_finite(score(_inside(mixture)[None]))[0])

    def slope(mixture: np.ndarray) -> np.ndarray:
        here = _inside(mixture)
        found = _finite(score(np.vstack([here, here + STEP * np.eye(k)])))
        return np.asarray((found[1:] - found[0]) / STEP)

    sums_to_one: Any = {"type": "eq", "fun": lambda mixture: mixture.sum() - 1, "jac": lambda mixture: np.ones(k)}
    bounds = list(zip(problem.constraints.floors, problem.constraints.caps, strict=True))
    found = minimize(
        value,
        start,
        jac=slope,
        method="SLSQP",
        bounds=bounds,
        constraints=[sums_to_one],
        options={"maxiter": ITERATIONS, "ftol": 1e-10},
    )
    return _inside(found.x) if np.isfinite(found.x).all() and found.x.clip(0, 1).sum() > 0 else start


def _inside(mixture: np.ndarray) -> np.ndarray:
    shares = np.clip(mixture, 0, 1)
    return np.asarray(shares / max(float(shares.sum()), 1e-12))


def _finite(scores: np.ndarray) -> np.ndarray:
    """Return scores (q,) in which what is not a number loses against all."""
    return np.where(np.isfinite(scores), scores, 1e300)
