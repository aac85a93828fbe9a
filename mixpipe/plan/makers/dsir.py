"""DSIR's importance resampling (Xie et al. 2023, arXiv 2302.03169, section 3): the most important first, with noise.

The key of a document is its log importance weight (the scorer `dsir`) plus standard Gumbel noise, and those of the
highest keys are read: sampling in proportion to the weights, without replacement (Kool et al. 2019, arXiv 1903.06059).
The noise is a keyed hash of the id, so that it hangs on no order. `temperature` divides the log weight: 0 is the code's
top-k without noise, a large one a random choice. The paper's weights are sums over a document's n-grams
(`scores.length_norm: none`); these differ by hundreds, and leave the noise nothing to decide. Deviations: the budget
and a second copy of the best are the common layer's; keys are read as percentiles in 256 bins, so at the threshold one
bin's documents are drawn by hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.protocol import Candidates, Sample, State
from mixpipe.plan.makers.ranks import fit_ranks, ranks
from mixpipe.store.draws import keyed_uniforms

__all__ = ["Dsir", "gumbel_keys"]


@dataclass(frozen=True)
class Dsir(BestFirst):
    """Documents in proportion to their importance.

    Attributes:
        temperature: divides the log weight; 0: no noise.
        within: the best of each `domain`, or of the `corpus` (with `plan.shares: documents`).
        seed: of the noise.
    """

    columns: ClassVar[tuple[str, ...]] = ("dsir",)
    temperature: Annotated[float, Field(ge=0)] = 1.0
    within: Literal["domain", "corpus"] = "domain"
    seed: Annotated[int, Field(ge=0)] = 0

    def fit(self, sample: Sample) -> State:
        """Learn the percentiles of the keys."""
        return fit_ranks(self._keys(sample), sample.weights, self._groups(sample))

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the percentile of the key, 1 the highest."""
        return ranks(self._keys(candidates), candidates.ids, self._groups(candidates), state)

    def _keys(self, candidates: Candidates) -> np.ndarray:
        return gumbel_keys(candidates.columns["dsir"], candidates.ids, temperature=self.temperature, seed=self.seed)

    def _groups(self, candidates: Candidates) -> np.ndarray:
        return candidates.domains if self.within == "domain" else np.zeros(len(candidates.ids), np.int32)


def gumbel_keys(log_weights: np.ndarray, ids: Sequence[str], *, temperature: float, seed: int) -> np.ndarray:
    """Return (n,) float64 whose m largest are a sample without replacement in proportion to w^(1/temperature).

    Args:
        log_weights: (n,) finite.
        ids: n document ids, which decide the noise.
        temperature: 0 or more; 0: the log weights themselves.
        seed: of the noise.
    """
    weights = log_weights.astype(np.float64)
    if temperature == 0:
        return weights
    uniforms = keyed_uniforms(ids, f"plan:dsir:{seed}") + 2.0**-54  # in (0, 1)
    return np.asarray(weights / temperature - np.log(-np.log(uniforms)))
