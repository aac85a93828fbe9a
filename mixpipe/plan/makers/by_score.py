"""What makers share that prefer documents by one score: its name is a setting, and it is the value."""

from dataclasses import dataclass

import numpy as np

from mixpipe.plan.makers.protocol import Candidates, State

__all__ = ["ByScore"]


@dataclass(frozen=True)
class ByScore:
    """One score as the value.

    Attributes:
        column: a score in 0..1, 1 best.
    """

    column: str = "quality_rank"

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the column."""
        return candidates.columns[self.column]
