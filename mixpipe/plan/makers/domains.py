"""All documents of a domain alike: only the mixture decides.

The control of every other maker, and RS2 (Okanovic et al. 2024) for a single epoch: below one epoch it is a uniform
random subset, above it whole passes and a random subset more.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.plan.makers.protocol import Candidates, Filled, State

__all__ = ["Domains"]


@dataclass(frozen=True)
class Domains:
    """No preference."""

    columns: ClassVar[tuple[str, ...]] = ()

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return one half for all."""
        return np.full(len(candidates.ids), 0.5)

    def preference(self, filled: Filled) -> np.ndarray:
        """Return ones."""
        return np.ones(filled.tokens.shape)
