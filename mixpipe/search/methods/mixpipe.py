"""mixpipe's own method, the default: three minds about every round.

Rounds as in CLIMB (Diao et al. 2025, arXiv 2504.13161, section 3). Three fifths of a round are chosen one by one, each
the candidate of the highest expected improvement under a Gaussian process of the objective, which then takes what it
foresees there for measured (kriging believer, Ginsbourger et al. 2010, Kriging is well-suited to parallelize
optimization); so a round spreads as far as the process is unsure, and no further. The cost is a fit for every choice.
The trend of the process is in the shares: so it finds a best run that is nearly of one domain. Two fifths are those
that boosted trees of the objective like best: better where losses have many domains or steps. One forecast blended from
both was not (docs/search.md). In a round of four or more one mixture, before both, is the optimum of exponential laws,
one law a target: it often lies in a corner of the bounds, which process and trees, that know only what is near to
trials, do not reach. Of mixtures that are given, as in a replay, process and trees choose alone. The first round is
spread far apart, half of it by the experts' screen where there is one. Candidates are drawn around the natural mixture
and refined around what is foreseen to be best. What is recommended comes from the weighted ensemble of all surrogates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import lattice_keys
from mixpipe.search.acquisition import batch_of, log_expected_improvement
from mixpipe.search.candidates import first_new, new_draws, prior_draws, spread_out, variations
from mixpipe.search.forecast import OBJECTIVE, Forecast, forecast, objective_alone
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import least, natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.surrogates.lightgbm import LightGBM
from mixpipe.search.trials import Trial, losses, mixtures, tried

__all__ = ["Mixpipe"]

# Draws per trial of a first round, from which those far apart are taken: from 20 on the least distance stops growing.
FIRST_DRAWS = 20
# Candidates are drawn around the best measured, then refined around the best foreseen.
CENTRES, REFINED, REFINEMENTS = 5, 40, 3
TREES_SHARE = 0.4  # of a round
LAW, LEAST_WITH_LAW = "explaw", 4  # proposals in a round
TREES_UNIT = 0.05  # deviations of the objective that weigh as much as a factor of e in closeness to what was chosen


@dataclass(frozen=True)
class Mixpipe:
    """Rounds chosen by a process, by trees and by exponential laws.

    Attributes:
        surrogate: registered name of what recommends at the end.
        explorer: registered name of what chooses rounds; its deviations must know where it has been.
        candidates: mixtures scored at first and in each refinement.
        top: a screened first round is spread over so many candidates per trial.
        choose: what is recommended, see `select`.
        averaged: how many of the best candidates make the `top-mean`.
    """

    about: ClassVar[About] = About("iterative", "20 to 120 in 3 or more rounds", "mixpipe, docs/search.md", "proxies")
    surrogate: str = "auto"
    explorer: str = "gp-shares"
    candidates: int = 2048
    top: int = 8
    choose: str = "forecast"
    averaged: int = 100

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return a first round far apart; later the mixtures that promise most, kept apart."""
        taken = tried(trials)
        if enough(trials):
            alone, told = objective_alone(problem, trials)
            pool = self._pool(alone, forecast(alone, told, self.explorer), rng)
            corner = _law_optimum(problem, trials, taken) if count >= LEAST_WITH_LAW else pool[:0]
            rows = first_new(pool, len(pool), taken | {*lattice_keys(corner)})
            rows = np.concatenate([corner, rows[self._round(alone, told, rows, count - len(corner))]])
        else:
            rows = self._first(problem, mixtures(trials, len(problem.domains)), taken, count, rng)
        # What is missing (constraints that leave little room) is drawn at random, if there is more to find.
        return new_draws(lambda n: prior_draws(problem, n, rng), count, taken, first=rows)

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the rows of the candidates that make the next round; at random before there is enough to fit."""
        if not enough(trials):
            return rng.permutation(len(candidates))[:count]
        return self._round(*objective_alone(problem, trials), candidates, count)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the candidate foreseen best among predicted optimum, mean of the best and best measured."""
        if not enough(trials):
            return natural_instead(problem, trials, "the surrogate needs 4 mixtures")
        fitted = forecast(problem, trials, self.surrogate)
        pool = self._pool(problem, fitted, np.random.default_rng(0))
        free = replace(problem, constraints=Constraints.free(len(problem.domains)))
        free_pool = self._pool(free, fitted, np.random.default_rng(0))
        return select(problem, fitted, pool, free_pool, choose=self.choose, top=self.averaged)

    def _first(
        self, problem: Problem, near: np.ndarray, taken: set[bytes], count: int, rng: np.random.Generator
    ) -> np.ndarray:
        draws = prior_draws(problem, FIRST_DRAWS * count, rng)
        if problem.prior is None:
            return spread_out(first_new(draws, len(draws), taken), count, near)
        pool = np.concatenate([draws, prior_draws(problem, self.candidates, rng)])
        screen = problem.prior(pool)
        order = np.argsort(problem.fit_objective(screen).value(screen), kind="stable")
        screened = _spread_best(first_new(pool[order], self.top * (count // 2), taken), count // 2, near)
        near = np.concatenate([near, screened])
        return np.concatenate([screened, spread_out(draws, count - len(screened), near)])

    def _round(self, problem: Problem, told: Sequence[Trial], rows: np.ndarray, count: int) -> np.ndarray:
        """Return the rows (count,) of the candidates (q, k) that the process and the trees choose between them.

        Args:
            problem: with the objective as its one target.
            told: trials of it, one at least.
            rows: candidates, none of them tried.
            count: how many are wanted.
        """
        count = min(count, len(rows))
        by_trees = round(TREES_SHARE * count)
        believed, chosen = list(told), np.empty(0, dtype=np.int64)
        for _ in range(count - by_trees):
            fitted = forecast(problem, believed, self.explorer)
            mean, sd = fitted.score(rows)
            best = min(float(fitted.score(fitted.mixtures)[0].min()), float(fitted.measured().min()))
            promise = log_expected_improvement(mean, sd, best)
            promise[chosen] = -np.inf
            row = int(np.argmax(promise))
            foreseen = {OBJECTIVE: float(fitted.predict(rows[[row]]).mean[0, 0])}
            believed.append(replace(told[0], mixture=rows[row], target_losses=foreseen))
            chosen = np.append(chosen, row)
        liked = -_trees(told, rows)
        liked[chosen] = -np.inf
        # The trees see steps: many neighbours are equal to them, so keeping apart is what tells those apart.
        return np.concatenate([chosen, batch_of(liked / TREES_UNIT, rows, by_trees, near=rows[chosen])])

    def _pool(self, problem: Problem, fitted: Forecast, rng: np.random.Generator) -> np.ndarray:
        """Return candidates: drawn, scored, refined around the best; the best foreseen first."""
        best = fitted.mixtures[np.argsort(fitted.measured(), kind="stable")[:CENTRES]]
        pool = np.concatenate(
            [
                problem.constraints.settle(fitted.mixtures),
                prior_draws(problem, self.candidates, rng),
                variations(problem, best, self.candidates, rng),
            ]
        )
        scores = fitted.score(pool)[0]
        for _ in range(REFINEMENTS):
            leaders = pool[np.argsort(scores, kind="stable")[:REFINED]]
            more = variations(problem, leaders, self.candidates, rng)
            pool, scores = np.concatenate([pool, more]), np.concatenate([scores, fitted.score(more)[0]])
        return pool[np.argsort(scores, kind="stable")]


def _law_optimum(problem: Problem, trials: Sequence[Trial], taken: set[bytes]) -> np.ndarray:
    """Return the mixture (1, k) of the least objective under exponential laws (Ye et al. 2024), one law a target.

    (0, k) where it is taken, as it is once rounds move it no more: process and trees then choose the whole round.
    """
    law = forecast(problem, trials, LAW)
    return first_new(least(problem, lambda rows: law.score(rows)[0], law.mixtures)[None], 1, taken)


def _trees(told: Sequence[Trial], rows: np.ndarray) -> np.ndarray:
    """Return the objective (q,), in deviations over the trials, that boosted trees foresee."""
    values = losses(told, (OBJECTIVE,))[:, 0]
    scale = max(float(values.std()), 1e-12)
    return LightGBM().regress(mixtures(told, rows.shape[1]), (values - values.mean()) / scale, rows)


def _spread_best(ranked: np.ndarray, count: int, near: np.ndarray) -> np.ndarray:
    """Return the first of the ranked mixtures, and others of them far from it, from each other and from `near`."""
    best = ranked[:1]
    return np.concatenate([best, spread_out(ranked[1:], count - 1, np.concatenate([near, best]))])[:count]
