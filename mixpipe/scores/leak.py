"""Leakage: how much of a document stands in a held-out text, of the targets or of sets that are only protected.

A document is flagged that holds a fifth of one held-out item or a hundred word 13-grams of it, or half of whose own
words stand in one, by at least three different 13-grams or four fifths of an item of fewer. Three hits that make a
thousandth of the document are MixtureVitae's rule, `leak:ngrams`, which drops nothing unless asked: three hits alone
flag one document in eighty that holds no target, by licences, quotations and set phrases; with the larger shares it is
one in two thousand, and of 1,400 planted wholes, halves and thirds two are missed (`benchmarks/leak.py`). Paragraphs
of 13 words or more, between blank lines or on a line of their own, are counted too. The index, its words and the guards
against boilerplate are in `held_out_ngrams.py`. Limits: a text reworded every 12 words is not found, nor is a
translation. The whole text is searched, not its beginning. Stop words count as words, as in GPT-3's
n-grams; a deviation from MixtureVitae, whose list of 45 is English and makes short items shorter still.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.held_out_ngrams import NGRAM_WORDS, WORD, Index, WordHashes, ngram_hashes
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State
from mixpipe.store.fingerprint import Json

__all__ = ["Leak", "Span"]

FEWEST_HITS = 3
LEAST_COVERAGE, LEAST_SHARE = 0.2, 0.5
LEAST_NGRAMS = np.nextafter(np.float32(1e-3), np.float32(0)).item()  # a thousandth itself fires
LONGEST_RUN = 100  # n-grams of one item: a page of a long one
WHOLE = 0.8  # of an item too short for three n-grams


class Span(NamedTuple):
    """A stretch of a text that stands in a held-out set: its characters start..end, and the set."""

    start: int
    end: int
    set: str


class Leak:
    """n-grams and paragraphs shared with held-out texts."""

    columns = ("leak_hits", "leak_share", "leak_coverage", "leak_run", "leak_paragraphs", "leak_set", "leak_rule")
    rules = (
        Rule("item", "coverage", most=LEAST_COVERAGE),
        Rule("text", "share", most=LEAST_SHARE),
        Rule("run", "run", most=LONGEST_RUN - 1),
        Rule("ngrams", "share", most=LEAST_NGRAMS),
        Rule("paragraph", "paragraphs", most=0),
    )

    def __init__(self, state: State) -> None:
        """Take the index and the paragraphs."""
        self._index = Index(state)
        self._paragraphs = state["paragraphs"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Index the held-out texts."""
        state = Index.build(sample.held_out, sample.texts)
        found = [hashes for text in sample.held_out.texts for hashes in _paragraph_hashes(text)]
        return {**state, "paragraphs": np.unique(np.array(found, np.uint64))}

    @staticmethod
    def facts(state: State) -> dict[str, Json]:
        """Return by set how many items it has, and how many are too short or too common to be found."""
        sets, set_of, uncovered = state["sets"].tolist(), state["set_of"], state["ngrams"] == 0
        return {
            name: {"items": int((set_of == number).sum()), "uncovered": int(uncovered[set_of == number].sum())}
            for number, name in enumerate(sets)
        }

    def score(self, batch: Batch) -> Floats:
        """Return (n, 7) float64.

        In order: different n-grams met; their share of the text's; the largest share of one item that is covered, both
        0 below three n-grams, unless four fifths of an item are covered; the most n-grams of one item; paragraphs met;
        number (from 1) of the set of the item covered most (0: none); number of the first rule that fires.
        """
        words = WordHashes.of(batch.texts)
        n = len(batch.texts)
        owner = np.repeat(np.arange(n), words.sizes)
        found = self._index.find(words)
        pairs = np.unique(np.stack([owner[found.first], found.key]), axis=1)
        hits = np.bincount(pairs[0], minlength=n)
        places = np.bincount(owner[found.first], minlength=n)
        coverage, run, best = self._coverage(pairs, n)
        share = np.minimum(places / np.maximum(words.sizes - NGRAM_WORDS + 1, 1), 1)
        weighs = (hits >= FEWEST_HITS) | (coverage >= WHOLE)
        values = np.zeros((n, len(self.columns)))
        values[:, :4] = np.stack([hits, weighs * share, weighs * coverage, run], axis=1)
        values[:, 5] = best
        for row in np.flatnonzero(hits).tolist():
            values[row, 4] = sum(self._is_held_out(paragraph) for paragraph in _paragraph_hashes(batch.texts[row]))
        fired = np.stack(
            [rule.fires(values[:, column]) for rule, column in zip(self.rules, (2, 1, 3, 1, 4), strict=True)]
        )
        values[:, 6] = np.where(fired.any(axis=0), fired.argmax(axis=0) + 1, 0)
        return values

    def spans(self, text: str) -> list[Span]:
        """Return the stretches of a text that stand in held-out texts, in order, joined where they touch."""
        places = [match.span() for match in WORD.finditer(text)]
        found = self._index.find(WordHashes.of([text]))
        joined: list[Span] = []
        for row in np.argsort(found.first, kind="stable").tolist():
            first, last = int(found.first[row]), int(found.first[row] + found.length[row]) - 1
            _, items = self._index.items_of(found.key[[row]])
            name = self._index.sets[self._index.set_of[items[0]]]
            start, end = places[first][0], places[last][1]
            if joined and start <= joined[-1].end and joined[-1].set == name:
                joined[-1] = joined[-1]._replace(end=max(end, joined[-1].end))
            else:
                joined.append(Span(start, end, name))
        return joined

    def _coverage(self, pairs: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return by text the largest share of an item covered, the most n-grams of one, the set (from 1) of it."""
        coverage, run, best = np.zeros(n), np.zeros(n), np.zeros(n)
        rows, items = self._index.items_of(pairs[1])
        met, counts = np.unique(np.stack([pairs[0][rows], items]), axis=1, return_counts=True)
        shares = counts / np.maximum(self._index.whole[met[1]], 1)
        order = np.lexsort((-met[1], shares))  # of equal shares the first item is written last
        coverage[met[0][order]] = shares[order]
        best[met[0][order]] = self._index.set_of[met[1][order]] + 1
        np.maximum.at(run, met[0], counts)
        return coverage, run, best

    def _is_held_out(self, paragraph: int) -> bool:
        place = int(np.searchsorted(self._paragraphs, np.uint64(paragraph)))
        return place < len(self._paragraphs) and int(self._paragraphs[place]) == paragraph


def _paragraph_hashes(text: str) -> Iterator[int]:
    """Yield the hashes of a text's paragraphs of 13 words or more: between blank lines, and single lines."""
    for block in text.split("\n\n"):
        lines = block.split("\n")
        for piece in {block, *lines}:
            words = WordHashes.of([piece])
            if len(words.hashes) >= NGRAM_WORDS:
                yield int(ngram_hashes(words, len(words.hashes))[0][0])
