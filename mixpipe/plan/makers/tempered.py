"""Copies in proportion to v^(1/tau) or exp(v / tau), v a score in 0..1: one knob from all alike to the best alone.

exp(v / tau) is the weight of sampling with temperature by a quality rater (QuRating, Wettig et al. 2024,
arXiv 2402.09739, section 3: tau 2 on standardised ratings), v^(1/tau) that of sampling languages or topics by size.
Deviation: v is a percentile here, so a smaller tau is wanted than for raw ratings. tau from 0.01, where the best bin
gets 10^43 times the worst.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mixpipe.plan.copies import bin_middles
from mixpipe.plan.makers.protocol import Candidates, Filled, State

__all__ = ["Tempered", "exponential"]


@dataclass(frozen=True)
class Tempered:
    """Preference by temperature.

    Attributes:
        form: `power` or `exponential`.
        tau: temperature; large: all alike.
        column: a score in 0..1, 1 best.
    """

    form: Literal["power", "exponential"] = "exponential"
    tau: Annotated[float, Field(ge=0.01)] = 0.5
    column: str = "quality_rank"

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the column."""
        return candidates.columns[self.column]

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the same weights for every domain."""
        middles = bin_middles()
        weights = middles ** (1 / self.tau) if self.form == "power" else exponential(middles, self.tau)
        return np.tile(weights, (len(filled.tokens), 1))


def exponential(values: np.ndarray, tau: float) -> np.ndarray:
    """Return exp(v / tau), (n,), relative to the largest value possible: 1 at v = 1."""
    return np.exp((values - 1) / tau)
