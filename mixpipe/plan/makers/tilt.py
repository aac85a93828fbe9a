"""Copies in proportion to 1 + strength (2q - 1), q the quality's rank inside the domain: the default.

Strength 0 treats all alike and strength 1 gives the best twice the mean and the worst nearly nothing. Linear, so that
every document may still be read, and steep enough that the better half gets (2 + strength) / (2 - strength) of the
worse half's copies: 1.67 times at the default. Our own; it costs nothing.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from mixpipe.plan.copies import bin_middles
from mixpipe.plan.makers.protocol import Candidates, Filled, State

__all__ = ["Tilt", "quality_tilt"]


@dataclass(frozen=True)
class Tilt:
    """Better documents are repeated more often.

    Attributes:
        strength: 0 none; 1: worst 0, best 2 times the mean.
    """

    columns: ClassVar[tuple[str, ...]] = ("quality_rank",)
    strength: Annotated[float, Field(ge=0, le=1)] = 0.5

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the quality's rank inside the domain."""
        return candidates.columns["quality_rank"]

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the same tilt for every domain."""
        return np.tile(quality_tilt(self.strength), (len(filled.tokens), 1))


def quality_tilt(strength: float) -> np.ndarray:
    """Return the relative copies of each quality bin, mean 1: (256,) float64, all above 0."""
    return 1.0 + strength * (2.0 * bin_middles() - 1.0)
