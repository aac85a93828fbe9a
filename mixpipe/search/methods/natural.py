"""The natural mixture: every domain by its share of the corpus. The first control of every search."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.methods.fixed import FixedMixture
from mixpipe.search.methods.protocol import About
from mixpipe.search.problem import Problem

__all__ = ["Natural"]


@dataclass(frozen=True)
class Natural(FixedMixture):
    """Shares as found."""

    about: ClassVar[About] = About("no training", "none", "-", "nothing")

    def weights(self, problem: Problem) -> np.ndarray:
        """Return the natural shares (k,)."""
        return problem.natural
