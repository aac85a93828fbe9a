"""The best first: one copy of the best documents until the budget is met; then a second copy, again the best first.

The usual way to use a quality classifier (FineWeb-Edu, DCLM), with the threshold set by the budget instead of by hand.
Costs nothing. `quality_rank` orders inside a domain, so every domain gives its best; with `column: quality` and
`plan.shares: documents` one threshold holds for the whole corpus. Documents of the bin (1/256 of the range) at the
threshold are drawn by a hash.
"""

from dataclasses import dataclass

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.by_score import ByScore

__all__ = ["Top"]


@dataclass(frozen=True)
class Top(BestFirst, ByScore):
    """Only the best."""
