"""How often neighbouring symbols meet in a category of text, while the merges of a BPE are applied one by one.

Words are kept once with their counts, and a merge touches only the words that hold its pair, so that replaying a few
hundred merges over a megabyte takes seconds. Pairs are counted as BPE training counts them: within words, overlapping
repeats ("aaa" holds ("a", "a") twice) included.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from tokenizers import Tokenizer

__all__ = ["Pair", "PairCounts", "words_of"]

Pair = tuple[str, str]


def words_of(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """Return the words of texts as the tokenizer normalises and splits them, with their counts."""
    found: Counter[str] = Counter()
    for text in texts:
        normalised = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        split = (
            tokenizer.pre_tokenizer.pre_tokenize_str(normalised) if tokenizer.pre_tokenizer else [(normalised, None)]
        )
        found.update(word for word, _ in split)
    return found


class PairCounts:
    """The pairs of one category.

    Attributes:
        counts: by pair; pairs that are gone are left out.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        """Split words into symbols: their characters, which in a byte-level BPE are bytes."""
        self.counts: Counter[Pair] = Counter()
        self._symbols = [list(word) for word in words]
        self._times = list(words.values())
        self._holders: defaultdict[Pair, set[int]] = defaultdict(set)
        for number in range(len(self._symbols)):
            self._add(number)

    @property
    def total(self) -> int:
        """All pairs there are now."""
        return self.counts.total()

    def top(self, count: int) -> list[Pair]:
        """Return the most frequent pairs, ties by the pair."""
        return heapq.nsmallest(count, self.counts, key=lambda pair: (-self.counts[pair], pair))

    def merge(self, pair: Pair) -> None:
        """Join a pair into one symbol wherever it stands, from the left."""
        for number in sorted(self._holders.get(pair, ())):
            self._remove(number)
            self._symbols[number] = _joined(self._symbols[number], pair)
            self._add(number)

    def _add(self, number: int) -> None:
        symbols = self._symbols[number]
        for pair in pairwise(symbols):
            self.counts[pair] += self._times[number]
            self._holders[pair].add(number)

    def _remove(self, number: int) -> None:
        symbols = self._symbols[number]
        for pair in pairwise(symbols):
            self.counts[pair] -= self._times[number]
            self._holders[pair].discard(number)
            if self.counts[pair] <= 0:
                del self.counts[pair], self._holders[pair]


def _joined(symbols: list[str], pair: Pair) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(symbols):
        if tuple(symbols[place : place + 2]) == pair:
            found.append(pair[0] + pair[1])
            place += 2
        else:
            found.append(symbols[place])
            place += 1
    return found
