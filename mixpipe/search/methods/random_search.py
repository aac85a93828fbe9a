"""Random search: tempered Dirichlet draws, the best measured wins. What every cleverer method must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.candidates import new_draws, prior_draws
from mixpipe.search.methods.protocol import About, Candidate, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, losses, tried, usable

__all__ = ["RandomSearch"]


@dataclass(frozen=True)
class RandomSearch:
    """Best of N random mixtures."""

    about: ClassVar[About] = About("one shot", "any number, in any rounds", "-", "proxies")

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new draws around the natural mixture."""
        return new_draws(lambda n: prior_draws(problem, n, rng), count, tried(trials))

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return any rows of the candidates, all as likely."""
        return rng.permutation(len(candidates))[:count]

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the best trial, natural when there is none."""
        good = usable(trials)
        if not good:
            return natural_instead(problem, trials, "no mixture was measured")
        measured = losses(good, problem.targets)
        values = problem.fit_objective(measured).value(measured)
        best = int(values.argmin())
        mixture = problem.constraints.settle(good[best].mixture)
        candidate = Candidate("measured", mixture, None, float(values[best]))
        return Recommendation(mixture, {"trials": len(good)}, (candidate,))
