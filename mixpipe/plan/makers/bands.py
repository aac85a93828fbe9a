"""Pruning by perplexity (Ankner et al. 2024, arXiv 2405.20541): only a band of the percentiles is read.

`low` takes the lowest `rate` % of perplexity, `high` the highest, `medium` those around the median. The best band hangs
on the corpus (the paper: high 50 % for the Pile, medium 50 % for Dolma), so try several; our default is Dolma's. Costs
one pass for the percentiles. The paper prunes the whole corpus, which also moves the domains' shares:
`within: corpus` with `plan.shares: documents`; inside domains, the default, leaves shares to the search. Perplexity
is the scorer's, under n-grams of the corpus, where the paper trains a transformer. Ties are broken by hash.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.protocol import Candidates, Filled, Sample, State
from mixpipe.plan.makers.ranks import fit_ranks, ranks

__all__ = ["Bands"]


@dataclass(frozen=True)
class Bands:
    """A band of perplexity.

    Attributes:
        band: `low`, `medium` or `high`.
        rate: percent kept.
        within: percentiles inside the `domain` or the `corpus`.
        unit: percentiles of `documents` or of `tokens`.
    """

    columns: ClassVar[tuple[str, ...]] = ("perplexity",)
    band: Literal["low", "medium", "high"] = "medium"
    rate: Annotated[float, Field(gt=0, le=100)] = 50.0
    within: Literal["domain", "corpus"] = "domain"
    unit: Literal["documents", "tokens"] = "documents"

    def fit(self, sample: Sample) -> State:
        """Learn the percentiles of perplexity."""
        weights = sample.weights * (sample.tokens if self.unit == "tokens" else 1)
        return fit_ranks(sample.columns["perplexity"], weights, self._groups(sample))

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the percentile of perplexity, 1 the highest."""
        return ranks(candidates.columns["perplexity"], candidates.ids, self._groups(candidates), state)

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the part of each bin that lies in the band."""
        kept = self.rate / 100
        start = {"low": 0.0, "medium": 0.5 - kept / 2, "high": 1 - kept}[self.band] * VALUE_BINS
        bins = np.arange(VALUE_BINS)
        inside = (np.minimum(bins + 1, start + kept * VALUE_BINS) - np.maximum(bins, start)).clip(0, 1)
        return np.tile(inside, (len(filled.tokens), 1))

    def _groups(self, candidates: Candidates) -> np.ndarray:
        return candidates.domains if self.within == "domain" else np.zeros(len(candidates.ids), np.int32)
