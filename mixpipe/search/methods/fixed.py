"""Methods that need no trials: their one mixture is a function of the token counts and the bounds."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.search.candidates import first_new
from mixpipe.search.methods.protocol import Recommendation
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, tried

__all__ = ["FixedMixture"]


@dataclass(frozen=True)
class FixedMixture(ABC):
    """Proposes its mixture once and recommends it."""

    @abstractmethod
    def weights(self, problem: Problem) -> np.ndarray:
        """Return the mixture (k,) before the constraints; each fixed method has its own."""

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return the mixture, unless it was tried."""
        return first_new(self.recommend(problem, trials).mixture[None, :], count, tried(trials))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture under the constraints."""
        return Recommendation(problem.constraints.settle(self.weights(problem)))
