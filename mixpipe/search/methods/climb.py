"""CLIMB: bootstrapped search in rounds, with mixpipe's own first round and acquisition. The default.

Diao et al. 2025 (CLIMB, arXiv 2504.13161, section 3): a first round of random mixtures; then rounds in which a
surrogate of all trials ranks candidates and the next trials are drawn at random from the best, so that luck explores.
Deviations, for searches of some thirty trials instead of a hundred: the first round is chosen to be far apart, half
of it by the experts' screen where there is one; candidates are refined around what is best so far; a batch is spread
over the best candidates instead of drawn from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.candidates import first_new, new_draws, prior_draws, spread_out, variations
from mixpipe.search.forecast import Forecast, forecast
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.objective import Objective
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial, mixtures, tried

__all__ = ["Climb"]

# Draws per trial of a first round, from which those far apart are taken: from 20 on the least distance stops growing.
FIRST_DRAWS = 20
# Candidates are drawn around the best measured, then refined around the best foreseen.
CENTRES, REFINED, REFINEMENTS = 5, 40, 3


@dataclass(frozen=True)
class Climb:
    """Iterative bootstrapping.

    Attributes:
        surrogate: registered name.
        candidates: mixtures scored at first and in each refinement.
        top: a round is spread over so many candidates per trial.
        boldness: standard deviations of doubt that a candidate is forgiven; more explores more.
        choose: what is recommended, see `select`.
        averaged: how many of the best candidates make the `top-mean`.
    """

    about: ClassVar[About] = About(
        "iterative", "20 to 120 in 3 rounds", "Diao et al. 2025, arXiv 2504.13161", "proxies"
    )
    surrogate: str = "auto"
    candidates: int = 2048
    top: int = 8
    boldness: float = 0.5
    choose: str = "forecast"
    averaged: int = 100

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return a first round far apart; later the mixtures that the trials foresee to be best, spread a little."""
        taken = tried(trials)
        if enough(trials):
            fitted = forecast(problem, trials, self.surrogate)
            rows = self._best(problem, fitted, taken, count, rng)
        else:
            rows = self._first(problem, mixtures(trials, len(problem.domains)), taken, count, rng)
        # What is missing (constraints that leave little room) is drawn at random, if there is more to find.
        return new_draws(lambda n: prior_draws(problem, n, rng), count, taken, first=rows)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the candidate foreseen best among predicted optimum, mean of the best and best measured."""
        if not enough(trials):
            return Recommendation(problem.constraints.settle(problem.natural), {"trials": 0})
        fitted = forecast(problem, trials, self.surrogate)
        pool = self._pool(problem, fitted, np.random.default_rng(0), boldness=0.0)
        free = replace(problem, constraints=Constraints.free(len(problem.domains)))
        free_pool = self._pool(free, fitted, np.random.default_rng(0), boldness=0.0)
        return select(problem, fitted, pool, free_pool, choose=self.choose, top=self.averaged)

    def _first(
        self, problem: Problem, near: np.ndarray, taken: set[bytes], count: int, rng: np.random.Generator
    ) -> np.ndarray:
        draws = prior_draws(problem, FIRST_DRAWS * count, rng)
        if problem.prior is None:
            return spread_out(first_new(draws, len(draws), taken), count, near)
        pool = np.concatenate([draws, prior_draws(problem, self.candidates, rng)])
        screen = problem.prior(pool)
        order = np.argsort(Objective.fit(screen, problem.target_weights).value(screen), kind="stable")
        screened = _spread_best(first_new(pool[order], self.top * (count // 2), taken), count // 2, near)
        near = np.concatenate([near, screened])
        return np.concatenate([screened, spread_out(draws, count - len(screened), near)])

    def _best(
        self, problem: Problem, fitted: Forecast, taken: set[bytes], count: int, rng: np.random.Generator
    ) -> np.ndarray:
        pool = self._pool(problem, fitted, rng, boldness=self.boldness)
        return _spread_best(first_new(pool, self.top * count, taken), count, fitted.mixtures)

    def _pool(self, problem: Problem, fitted: Forecast, rng: np.random.Generator, *, boldness: float) -> np.ndarray:
        """Return candidates, the most promising first: drawn, scored, refined around the best."""
        best = fitted.mixtures[np.argsort(fitted.measured(), kind="stable")[:CENTRES]]
        pool = np.concatenate(
            [
                problem.constraints.settle(fitted.mixtures),
                prior_draws(problem, self.candidates, rng),
                variations(problem, best, self.candidates, rng),
            ]
        )
        scores = _promise(fitted, pool, boldness)
        for _ in range(REFINEMENTS):
            leaders = pool[np.argsort(scores, kind="stable")[:REFINED]]
            more = variations(problem, leaders, self.candidates, rng)
            pool, scores = np.concatenate([pool, more]), np.concatenate([scores, _promise(fitted, more, boldness)])
        return pool[np.argsort(scores, kind="stable")]


def _promise(fitted: Forecast, rows: np.ndarray, boldness: float) -> np.ndarray:
    mean, sd = fitted.score(rows)
    return np.asarray(mean - boldness * sd)


def _spread_best(ranked: np.ndarray, count: int, near: np.ndarray) -> np.ndarray:
    """Return the first of the ranked mixtures, and others of them far from it, from each other and from `near`."""
    best = ranked[:1]
    return np.concatenate([best, spread_out(ranked[1:], count - 1, np.concatenate([near, best]))])[:count]
