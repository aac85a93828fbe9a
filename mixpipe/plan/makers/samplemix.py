"""SampleMix (Xi et al. 2025, arXiv 2503.01506): copies in proportion to exp(p / tau), p from quality and diversity.

p is the scorer `samplemix`'s weight, 0.8 diversity + 0.2 quality. The paper's method alone is `plan.shares: documents`:
domains then get what their documents' weights come to. Deviations: the paper turns its softmax into counts by the
number of documents, which misses the token budget where lengths vary; here the one scale B of B exp(p / tau) is solved
from the budget in tokens, under the epoch cap, which the paper lacks. p is read in 256 bins: weights within 1 %.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from mixpipe.plan.copies import bin_middles
from mixpipe.plan.makers.protocol import Candidates, Filled, State
from mixpipe.plan.makers.tempered import exponential

__all__ = ["SampleMix"]


@dataclass(frozen=True)
class SampleMix:
    """Preference by quality and diversity.

    Attributes:
        tau: temperature of the softmax.
    """

    columns: ClassVar[tuple[str, ...]] = ("samplemix_weight",)
    tau: Annotated[float, Field(ge=0.01)] = 0.2

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the scorer's weight."""
        return candidates.columns["samplemix_weight"]

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the same softmax weights for every domain, so that one scale over all of them is the paper's."""
        return np.tile(exponential(bin_middles(), self.tau), (len(filled.tokens), 1))
