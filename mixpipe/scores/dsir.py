"""DSIR: how much likelier a document's words are in the targets than in the corpus (Xie et al. 2023, arXiv 2302.03169).

log w = sum over the document's unigrams and bigrams, in 10,000 hash buckets, of log p_target - log p_raw, with 1e-8
added to both (section 3 of the paper and its code). The sum grows with length, so that long documents would be all or
nothing and, where most terms are negative, short ones win: by default the mean over the n-grams is taken
(`scores.length_norm`). Deviations: the target sets weigh alike, as in the search's objective, whatever their sizes;
p_raw comes from the scorers' sample, drawn by hash, not from the first documents; nothing is drawn here, plan makers
decide how often a document is read. One raw distribution judges all: a document is a 20,000th part of it.
"""

import numpy as np

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.hashed import HashedNGrams, hashed_ngrams
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State

__all__ = ["DSIR", "log_weights"]

BUCKETS = 10_000
SMALL = 1e-8
# Powers of a document's number of n-grams by which the sum is divided.
POWERS = {"none": 0.0, "sqrt": 0.5, "mean": 1.0}


class DSIR:
    """Log importance weight, above 0 where words are more like the targets' than the corpus's; an empty text has 0."""

    columns = ("dsir",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the log ratio of the buckets and the power of the length."""
        self._ratio, self._power = state["log_ratio"], float(state["power"])

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Count the n-grams of the targets, set by set, and of the corpus.

        Raises:
            InputError: the targets hold no text.
        """
        owners = sample.targets.owners
        sets = [[sample.targets.texts[i] for i in np.flatnonzero(owners == k).tolist()] for k in np.unique(owners)]
        target = [_distribution(hashed_ngrams(texts, BUCKETS)) for texts in sets]
        if not target:
            raise InputError("expected texts of the targets for the scorer dsir, found none; remove it or add targets")
        raw = np.zeros(BUCKETS)
        for block in sample.blocks():
            raw += np.bincount(hashed_ngrams(block.texts, BUCKETS).buckets, minlength=BUCKETS)
        return {
            "log_ratio": np.log(np.mean(target, axis=0) + SMALL) - np.log(raw / max(raw.sum(), 1) + SMALL),
            "power": np.array(POWERS[config.length_norm]),
        }

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) log weights."""
        return log_weights(hashed_ngrams(batch.texts, BUCKETS), self._ratio, self._power)[:, None]


def log_weights(ngrams: HashedNGrams, log_ratio: np.ndarray, power: float) -> np.ndarray:
    """Return (n,) sums of the (buckets,) log ratios of each text's n-grams over their number to a power."""
    total = np.bincount(ngrams.owners, weights=log_ratio[ngrams.buckets], minlength=ngrams.texts)
    return np.asarray(total / np.maximum(ngrams.sizes, 1) ** power)


def _distribution(ngrams: HashedNGrams) -> np.ndarray:
    """Return (buckets,) float64 shares of the buckets; zeros where there is no n-gram."""
    counts = np.bincount(ngrams.buckets, minlength=ngrams.n_buckets)
    return np.asarray(counts / max(counts.sum(), 1))
