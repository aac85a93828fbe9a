"""Repeated word n-grams of many documents at once.

Words become 64-bit hashes of their rank of appearance, an n-gram the hash of its words and its document. One sort
groups equal n-grams of all documents. An n-gram can only repeat where the (n-1)-gram at the same place does, so each
longer size looks at fewer places: all sizes together cost about two sorts of the words. Two different n-grams of a
batch of a million words fall together with a chance of about 1 in 10^7.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np

__all__ = ["NGrams"]

MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
LOW_BITS = 2**32 - 1


class NGrams:
    """The words of n_docs documents in a row, and the places whose n-gram may occur twice, for n rising from 1."""

    def __init__(self, words: Sequence[list[str]]) -> None:
        """Number and hash the words.

        Args:
            words: the words of each document.
        """
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__  # a new word gets the next number
        sizes = np.array([len(document) for document in words], np.int64)
        codes = map(numbers.__getitem__, chain.from_iterable(words))
        ranks = np.fromiter(codes, np.int64, count=int(sizes.sum()))
        lengths = np.fromiter(map(len, numbers), np.int64, count=len(numbers))[ranks]
        self._sizes = sizes
        self._hashes = _mixed(ranks.astype(np.uint64) + np.uint64(1))
        self._owners = np.repeat(np.arange(len(words)), sizes)
        self._ends = np.repeat(np.cumsum(sizes), sizes)
        self._characters = np.concatenate([[0], np.cumsum(lengths)])
        self._places = np.arange(len(ranks))
        self._keys = self._owners.astype(np.uint64)
        self._n = 0
        self._groups = self._places

    def lengthen(self) -> None:
        """Go from n to n + 1: keep the places whose n-gram occurs twice in its document, and group them."""
        n = self._n = self._n + 1
        fits = self._places + n <= self._ends[self._places]
        places = self._places[fits]
        keys = _mixed(self._keys[fits] * MULTIPLIER + self._hashes[places + n - 1])
        order = np.argsort(keys)
        ordered = keys[order]
        counts = np.diff(np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])))
        counts = counts if len(keys) else np.zeros(0, np.int64)
        groups = np.empty(len(keys), np.int64)
        groups[order] = np.repeat(np.arange(len(counts)), counts)
        repeats = counts[groups] > 1
        self._places, self._keys, self._groups = places[repeats], keys[repeats], groups[repeats]

    def top_characters(self) -> np.ndarray:
        """Return (n_docs,) int64: characters of the most frequent n-gram, spaces included, times its count.

        Of equally frequent n-grams the first counts; a document of fewer than n words gives 0.
        """
        # Where nothing repeats, the first n-gram is the most frequent one, with a count of 1.
        best = (1 << 32) + LOW_BITS - (np.cumsum(self._sizes) - self._sizes)
        counts = np.bincount(self._groups)[self._groups] if len(self._groups) else self._groups
        # Count above, reversed place below: the largest key is the most frequent n-gram, the first of equals.
        np.maximum.at(best, self._owners[self._places], (counts << 32) + LOW_BITS - self._places)
        found = np.flatnonzero(self._sizes >= self._n)
        at = LOW_BITS - (best[found] & LOW_BITS)
        characters = np.zeros(len(self._sizes), np.int64)
        characters[found] = (best[found] >> 32) * (self._width(at) + self._n - 1)
        return characters

    def repeated_characters(self) -> np.ndarray:
        """Return (n_docs,) int64: characters, without spaces, of n-grams met before.

        The scan of Gopher: at a repeat its characters count and n words are jumped, else one. Only places whose
        n-gram occurs twice can matter to it.
        """
        characters = [0] * len(self._sizes)
        columns = (self._places, self._groups, self._width(self._places), self._owners[self._places])
        seen: set[int] = set()
        free = 0
        for place, group, width, owner in zip(*(column.tolist() for column in columns), strict=True):
            if place < free:
                continue
            if group in seen:
                characters[owner] += width
                free = place + self._n
            else:
                seen.add(group)
        return np.array(characters, np.int64)

    def _width(self, places: np.ndarray) -> np.ndarray:
        """Return the characters of the n-grams at these places, without spaces."""
        return np.asarray(self._characters[places + self._n] - self._characters[places])


def _mixed(x: np.ndarray) -> np.ndarray:
    """Return (n,) uint64, well mixed (the first rounds of splitmix64's finaliser)."""
    x = (x ^ (x >> np.uint64(30))) * MULTIPLIER
    return np.asarray(x ^ (x >> np.uint64(27)))
