"""Near and semantic duplicates together: the most that is found while 95 % of the marks are right, in several ways.

How thresholds are chosen and judged is in `benchmarks/crossed.py`.

- `near`: near duplicates as the stage settles them, anew for every similarity from 0.65;
- `near + short`: with what `semantic.compare: short` marks, texts of fewer than five words;
- `near + pairs`: pairs from a lower similarity count as near from a cosine on, others from 0.7;
- `near + semantic`: with all that is above a cosine, as found beside near duplicates at 0.7;
- `near + chains`: the guard against chains opened where the ends, both similar to a document that is dropped, have a
  cosine above a threshold; `at any cosine`: opened without asking for one;
- `union-find`: near duplicates without the guard; the labels were made so, and take every chain for right.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from mixpipe.duplicates.near import settled

STEPS = np.round(np.arange(0.65, 0.8, 0.005), 3)
PAIR_COSINES = (0.9, 0.96, 0.98, 0.99, 0.995)
CHAIN_COSINES = (0.9, 0.95, 0.96, 0.98)
DEFAULT = {"similarity": 0.7, "cosine": 0.96}


class Pairs(NamedTuple):
    """Pairs of similar texts: numbers of the worse (m,) and the better (m,), similarity (m,)."""

    worse: np.ndarray
    better: np.ndarray
    similarity: np.ndarray


class Marks(NamedTuple):
    """Of n distinct texts, which are dropped and for which of these the document kept is of the same group."""

    dropped: np.ndarray
    right: np.ndarray

    def joined(self, other: "Marks") -> "Marks":
        """Return these, and of the others what these keep."""
        return Marks(self.dropped | other.dropped, np.where(self.dropped, self.right, other.right))


@dataclass(frozen=True)
class Texts:
    """The n distinct texts of a corpus.

    Attributes:
        ids: (n,) bytes.
        groups: (n,) str, the labelled group; empty without one.
        ranks: (n,) uint64, lower is better to keep.
        vectors: (n, d) float32, unit rows.
    """

    ids: np.ndarray
    groups: np.ndarray
    ranks: np.ndarray
    vectors: np.ndarray

    def marks(self, twin: np.ndarray) -> Marks:
        """Return the marks of twins, (n,) numbers of documents, -1 where kept."""
        dropped = twin >= 0
        return Marks(dropped, dropped & (self.groups != "") & (self.groups == self.groups[twin]))

    def halves(self) -> np.ndarray:
        """Return in which half each text is: (n,) bool, a group whole."""
        keys = (group or own.decode() for group, own in zip(self.groups, self.ids, strict=True))
        return np.array([zlib.crc32(key.encode()) % 2 == 1 for key in keys])

    def wanted(self) -> int:
        """Return how many should go: of every group all but one."""
        held = self.groups[self.groups != ""]
        return len(held) - len(np.unique(held))


def guarded(texts: Texts, pairs: Pairs, taken: np.ndarray) -> np.ndarray:
    """Return the twins as the stage settles the pairs that are taken."""
    near = settled(texts.ids[pairs.worse[taken]], texts.ids[pairs.better[taken]], pairs.similarity[taken])
    order = np.argsort(texts.ids)
    twin = np.full(len(texts.ids), -1)
    lost = near.twins != b""
    rows, others = (order[np.searchsorted(texts.ids, ids[lost], sorter=order)] for ids in (near.ids, near.twins))
    twin[rows] = others
    return twin


def united(texts: Texts, pairs: Pairs, taken: np.ndarray) -> np.ndarray:
    """Return as twins the best document of each connected component."""
    count = len(texts.ids)
    ends = pairs.worse[taken], pairs.better[taken]
    label = connected_components(coo_matrix((np.ones(taken.sum()), ends), shape=(count, count)), directed=False)[1]
    order = np.lexsort((texts.ranks, label))
    best = order[np.unique(label[order], return_index=True)[1]][label]
    return np.where(best == np.arange(count), -1, best)


def chained(texts: Texts, pairs: Pairs, taken: np.ndarray, cosine: float) -> np.ndarray:
    """Return the guarded twins, and of two kept documents that share a dropped one the better as the other's twin."""
    twin = guarded(texts, pairs, taken)
    worse, better = pairs.worse[taken], pairs.better[taken]
    ends, through = np.concatenate([worse, better]), np.concatenate([better, worse])
    linked = (twin[ends] < 0) & (twin[through] >= 0) & (twin[through] != ends)
    both = np.stack([ends[linked], twin[through[linked]]])
    order = np.argsort(texts.ranks[both], axis=0)
    first, second = np.take_along_axis(both, order, axis=0)
    alike = np.einsum("nd,nd->n", texts.vectors[first], texts.vectors[second])
    by_cosine = np.argsort(alike)  # of several the most similar is written last
    sure = by_cosine[alike[by_cosine] > cosine]
    twin[second[sure]] = first[sure]
    return twin


def ways(
    texts: Texts, pairs: Pairs, short: dict[float, Marks], semantic: dict[float, Marks]
) -> Iterator[tuple[str, dict[str, float], Marks]]:
    """Yield (way, thresholds, marks) of every way with every choice."""
    cosines = np.einsum("nd,nd->n", texts.vectors[pairs.worse], texts.vectors[pairs.better])
    usual = pairs.similarity >= np.float32(DEFAULT["similarity"])
    for step in STEPS.tolist():
        taken, at = pairs.similarity >= np.float32(step), {"similarity": step}
        near, apart = texts.marks(guarded(texts, pairs, taken)), texts.marks(united(texts, pairs, taken))
        yield "near", at, near
        yield "union-find", at, apart
        yield "near + chains at any cosine", at, texts.marks(chained(texts, pairs, taken, -1))
        for cosine in PAIR_COSINES:
            both = taken & (usual | (cosines >= cosine))
            yield "near + pairs", at | {"cosine": cosine}, texts.marks(guarded(texts, pairs, both))
        for cosine in CHAIN_COSINES:
            yield "near + chains", at | {"cosine": cosine}, texts.marks(chained(texts, pairs, taken, cosine))
        for cosine, marks in short.items():
            yield "near + short", at | {"cosine": cosine}, near.joined(marks)
            yield "union-find + short", at | {"cosine": cosine}, apart.joined(marks)
        for cosine, marks in semantic.items():
            yield "near + semantic", at | {"cosine": cosine}, near.joined(marks)
