"""Temperature sampling: w in proportion to p^(1/temperature), between natural (1) and uniform (infinity).

Conneau and Lample 2019 (XLM, arXiv 1901.07291) used 2, the default here; XLM-R and mT5 3.33, mBERT 1.43. High
temperatures repeat small domains hundreds of times, which the constraints prevent.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.mixture.simplex import shares
from mixpipe.search.methods.fixed import FixedMixture
from mixpipe.search.methods.protocol import About
from mixpipe.search.problem import Problem

__all__ = ["Temperature"]


@dataclass(frozen=True)
class Temperature(FixedMixture):
    """Tempered natural shares.

    Attributes:
        temperature: > 0.
    """

    about: ClassVar[About] = About("no training", "none", "Conneau and Lample 2019, arXiv 1901.07291", "nothing")
    temperature: float = 2.0

    def weights(self, problem: Problem) -> np.ndarray:
        """Return p^(1/temperature) over its sum; a domain without tokens stays at 0."""
        return shares(problem.natural ** (1 / self.temperature))
