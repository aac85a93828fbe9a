"""The uniform mixture: every domain alike, as far as the constraints allow. A control of every search."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.methods.fixed import FixedMixture
from mixpipe.search.methods.protocol import About
from mixpipe.search.problem import Problem

__all__ = ["Uniform"]


@dataclass(frozen=True)
class Uniform(FixedMixture):
    """Equal shares."""

    about: ClassVar[About] = About("no training", "none", "-", "nothing")

    def weights(self, problem: Problem) -> np.ndarray:
        """Return 1/k for each domain."""
        return np.full(len(problem.domains), 1 / len(problem.domains))
