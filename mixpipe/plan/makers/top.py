"""The best first: one copy of the best documents until the budget is met; then a second copy, again the best first.

The usual way to use a quality classifier (FineWeb-Edu, DCLM), with the threshold set by the budget instead of by hand.
Costs nothing. `quality_rank` orders inside a domain, so every domain gives its best; with `column: quality` and
`plan.shares: documents` one threshold holds for the whole corpus. Documents of the bin (1/256 of the range) at the
threshold are drawn by a hash.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.plan.makers.protocol import Candidates, Filled, State

__all__ = ["Top", "best_first"]


@dataclass(frozen=True)
class Top:
    """Only the best.

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

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the very copies that meet the target."""
        if filled.shared:
            row = best_first(filled.tokens.sum(axis=0), float(filled.targets.sum()), filled.max_epochs)
            return np.tile(row, (len(filled.tokens), 1))
        pairs = zip(filled.tokens, filled.targets.tolist(), strict=True)
        return np.stack([best_first(tokens, target, filled.max_epochs) for tokens, target in pairs])


def best_first(tokens: np.ndarray, target: float, max_epochs: float) -> np.ndarray:
    """Return copies per bin, (n_bins,) float64: one each from the last bin down until they hold the target, then more.

    Args:
        tokens: (n_bins,) int64, the best bin last.
        target: tokens wanted.
        max_epochs: the most copies of a document.
    """
    sizes = tokens[::-1].astype(np.float64)
    copies = np.zeros(len(sizes))
    better = np.cumsum(sizes) - sizes  # tokens of the bins before this one
    for level in range(int(np.ceil(max_epochs))):
        height = min(1.0, max_epochs - level)
        left = target - float(copies @ sizes) - height * better
        copies += np.divide(left, sizes, out=np.zeros_like(left), where=sizes > 0).clip(0, height)
    return copies[::-1]
