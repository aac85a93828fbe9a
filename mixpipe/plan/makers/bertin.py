"""BERTIN's perplexity sampling (de la Rosa et al. 2022, arXiv 2207.06814, and its published script).

Documents in the middle of the perplexities are kept most: `stepwise` with a probability in inverse proportion to the
width of the document's quartile, `gaussian` by a bell around the median. The published quartiles belong to one model of
Spanish, so they are taken from the corpus itself; the stepwise factor, 1.5e5 there, is its ratio to the median. What
the script keeps or not is here expected copies, relative to each other, that the budget scales. Deviation: the scorer
gives bits per byte, theirs is per word, hence 2^(6 bits) for a word of 6 bytes. Costs one pass for the quartiles.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mixpipe.plan.copies import bin_middles
from mixpipe.plan.makers.protocol import Candidates, Filled, Sample, State

__all__ = ["Bertin", "keep_probability"]

BYTES_PER_WORD = 6.0
FACTOR = 1.5e5 / 662247.50212365  # of the median
WIDTH, PEAK = 4.5, 0.78


@dataclass(frozen=True)
class Bertin:
    """The middle of the perplexities.

    Attributes:
        form: `stepwise` or `gaussian`.
    """

    columns: ClassVar[tuple[str, ...]] = ("perplexity",)
    form: Literal["stepwise", "gaussian"] = "gaussian"

    def fit(self, sample: Sample) -> State:
        """Learn the quartiles over all documents."""
        order = np.argsort(sample.columns["perplexity"], kind="stable")
        below = np.cumsum(sample.weights[order])
        at = np.searchsorted(below, np.array([0.25, 0.5, 0.75]) * below[-1])
        return {"quartiles": _per_word(sample.columns["perplexity"][order[at]])}

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the root of the probability: bins of equal width would blur the small ones."""
        perplexity = _per_word(candidates.columns["perplexity"])
        return np.asarray(np.sqrt(keep_probability(perplexity, state["quartiles"], self.form)))

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the probability that each bin stands for."""
        return np.tile(bin_middles() ** 2, (len(filled.tokens), 1))


def keep_probability(
    perplexity: np.ndarray, quartiles: np.ndarray, form: Literal["stepwise", "gaussian"]
) -> np.ndarray:
    """Return (n,) probabilities in 0..1 from (n,) perplexities per word and their three quartiles."""
    first, median, third = quartiles
    if form == "gaussian":
        return np.asarray(PEAK * np.exp(-(((perplexity - median) / median) ** 2) / WIDTH))
    widths = np.maximum([first, median - first, third - median, 10 * third], np.finfo(np.float64).tiny)
    chances = np.minimum(FACTOR * median / widths, 1.0)
    return np.asarray(chances[np.searchsorted(quartiles, perplexity)])


def _per_word(bits_per_byte: np.ndarray) -> np.ndarray:
    return np.exp2(BYTES_PER_WORD * bits_per_byte.astype(np.float64))
