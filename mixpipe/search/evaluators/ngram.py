"""An n-gram model whose counts are linear in the mixture: what a mixture is worth, without training anything.

Orders 1 to 3 over the proxies' tokens, smoothed after Witten and Bell 1991 (The zero-frequency problem, IEEE Trans.
Information Theory 37(4), method C) and interpolated down to the uniform distribution:

    P(t | h) = (e(h) c(h, t) / c(h) + n(h) P(t | h')) / (e(h) + n(h))

The count c(h, t) is the mixture-weighted sum of the domains' counts, each per token of its pool, times the trial's
tokens. So the counts of each domain are taken once, and a mixture costs a weighted sum. Deviations:

- The evidence e(h) is Witten and Bell's c(h) as long as no domain is read more than once; what is read again shifts
  shares but is no further evidence. Counted as such, repetition made the model surer and its losses higher.
- Their n(h), the number of distinct tokens seen after h, is the number that a text with such mean counts would show:
  the sum of 1 - exp(-e(h, t)). It does not jump when a domain's share leaves zero.

It knows nothing of what a network shares between contexts, so its levels are not those of proxies.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np

from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.texts import Texts

__all__ = ["Ngram", "NgramCounts"]

ORDERS = 3


class _Order(NamedTuple):
    """The n-grams of one order, sorted.

    Attributes:
        grams: (g,) uint64 n-grams as numbers in base `vocabulary`, the last token last.
        edges: (c,) int64, the first n-gram of each context.
        contexts: (c,) uint64 contexts as numbers.
        places: per domain, the n-grams that it has, indices into `grams`.
        rates: per domain, their counts per token of its pool, float64.
    """

    grams: np.ndarray
    edges: np.ndarray
    contexts: np.ndarray
    places: tuple[np.ndarray, ...]
    rates: tuple[np.ndarray, ...]

    def counts(self, expected: np.ndarray) -> np.ndarray:
        """Return (g,) float64 counts when `expected` (k,) tokens of each domain are read."""
        found = np.zeros(len(self.grams))
        for place, rate, tokens in zip(self.places, self.rates, expected, strict=True):
            if tokens > 0:
                found[place] += tokens * rate
        return found

    def by_context(self, values: np.ndarray) -> np.ndarray:
        """Return (c + 1,) float64 sums of (g,) values over each context, and 0 for the context that is not there."""
        return np.append(np.add.reduceat(values, self.edges) if len(values) else values, 0.0)


class _Wanted(NamedTuple):
    """Where the tokens of texts lie in one order's tables.

    Attributes:
        gram: (n,) int64 index of each token's n-gram, the length of `grams` where it was never seen.
        context: (n,) int64 index of its context, likewise.
    """

    gram: np.ndarray
    context: np.ndarray


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """Counts of each domain's n-grams.

    Attributes:
        vocabulary: tokens in the vocabulary.
        lengths: (k,) int64 tokens in each domain's pool.
        orders: tables of orders 1, 2, ...
    """

    vocabulary: int
    lengths: np.ndarray
    orders: tuple[_Order, ...]

    @classmethod
    def of(cls, pools: tuple[np.ndarray, ...], vocabulary: int) -> "NgramCounts":
        """Count the n-grams of each domain's pool (n_i,)."""
        lengths = np.array([len(pool) for pool in pools])
        return cls(vocabulary, lengths, tuple(_count(pools, vocabulary, order) for order in range(1, ORDERS + 1)))

    def find(self, texts: Texts) -> tuple[_Wanted, ...]:
        """Return by order where each predicted token of `texts` lies; no context reaches before a document."""
        predicted = np.delete(np.arange(len(texts.tokens)), texts.starts[:-1])
        since = predicted - np.repeat(texts.starts[:-1], np.diff(texts.starts) - 1)
        found = []
        for number, table in enumerate(self.orders, start=1):
            whole = since >= number - 1
            padded = np.pad(texts.tokens, (number - 1, 0))
            grams = _numbers(padded, self.vocabulary, number)[predicted]
            contexts = grams // np.uint64(self.vocabulary)
            found.append(_Wanted(_index(table.grams, grams, whole), _index(table.contexts, contexts, whole)))
        return tuple(found)

    def scores(self, expected: np.ndarray, *wanted: tuple[_Wanted, ...]) -> tuple[list[np.ndarray], int]:
        """Return the log-probabilities (n,) float64 of each of several texts, and the number of n-grams counted.

        Args:
            expected: (k,) tokens read of each domain, as many of them again as exceed its pool.
            wanted: what `find` gave for each of the texts.
        """
        size = 0
        found = [np.full(len(places[0].gram), 1 / self.vocabulary) for places in wanted]
        for number, table in enumerate(self.orders):
            counts, once = table.counts(expected), table.counts(np.minimum(expected, self.lengths))
            size += int(np.count_nonzero(counts))
            totals, evidence, kinds = (table.by_context(values) for values in (counts, once, -np.expm1(-once)))
            counts = np.append(counts, 0.0)
            for text, (gram, context) in enumerate(places[number] for places in wanted):
                seen = evidence[context] > 0
                share = np.divide(counts[gram], totals[context], out=np.zeros(len(gram)), where=seen)
                mixed = evidence[context] * share + kinds[context] * found[text]
                found[text] = np.divide(mixed, (evidence + kinds)[context], out=found[text], where=seen)
        return [np.log(probabilities) for probabilities in found], size


@dataclass(frozen=True)
class Ngram(Evaluator):
    """The n-gram model, as an evaluator: instant and the same under every seed."""

    trains: ClassVar[bool] = False

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Mix the domains' counts and read the texts."""
        pools = tuple(pool.astype(np.uint32).tobytes() for pool in data.pools)
        counts, targets, held_out = _counted(pools, data.vocabulary, data.targets, data.held_out)
        scores, size = counts.scores(mixture * tokens, targets, held_out)
        losses = [texts.losses(found) for texts, found in zip((data.targets, data.held_out), scores, strict=True)]
        return Measured(losses[0], losses[1], size, tokens, "ok")


@lru_cache(maxsize=1)
def _counted(
    pools: tuple[bytes, ...], vocabulary: int, *texts: Texts
) -> tuple[NgramCounts, tuple[_Wanted, ...], tuple[_Wanted, ...]]:
    """Count once per process; pools are known by their content, texts by identity as in `experts.py`."""
    counts = NgramCounts.of(tuple(np.frombuffer(pool, dtype=np.uint32) for pool in pools), vocabulary)
    targets, held_out = (counts.find(text) for text in texts)
    return counts, targets, held_out


def _count(pools: tuple[np.ndarray, ...], vocabulary: int, order: int) -> _Order:
    own = [np.unique(_numbers(pool, vocabulary, order), return_counts=True) for pool in pools]
    grams = np.unique(np.concatenate([np.empty(0, np.uint64), *(numbers for numbers, _ in own)]))
    contexts, edges = np.unique(grams // np.uint64(vocabulary), return_index=True)
    places = tuple(np.searchsorted(grams, numbers) for numbers, _ in own)
    rates = tuple(count / len(pool) for (_, count), pool in zip(own, pools, strict=True))
    return _Order(grams, edges, contexts, places, rates)


def _numbers(tokens: np.ndarray, vocabulary: int, order: int) -> np.ndarray:
    """Return the n-gram that begins at each place, as (n - order + 1,) uint64: exact up to 2.6 million tokens."""
    found = np.zeros(max(len(tokens) - order + 1, 0), dtype=np.uint64)
    for first in range(order):
        found = found * np.uint64(vocabulary) + tokens[first : first + len(found)]
    return found


def _index(table: np.ndarray, wanted: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return (n,) the place of each wanted number in a sorted table, its length where it is not there or not whole."""
    if not len(table):
        return np.zeros(len(wanted), dtype=np.int64)
    place = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    return np.where(whole & (table[place] == wanted), place, len(table))
