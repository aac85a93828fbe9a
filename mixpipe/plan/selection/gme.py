"""GME: an order in which the values of every attribute become as evenly frequent as possible, as early as possible.

A document holds relations; each gives every attribute a value or none. The next document is the one after which the
entropies of the attributes' values lie nearest to the utopia point, the logarithms of how many values the whole pool
has (`utopia`), or have the largest sum (`sum`). Not submodular, entropies may fall, so every candidate is judged at
every pick; but H = log T - (sum of c log c) / T changes only by the values of the last pick, so that costs the
documents that share them. Deviations: all candidates, where the paper draws some from a pool of 130,000; differences
below 1e-10 are ties, where the released code rounds to 5 decimals.

Delmas et al., "Relation Extraction in underexplored biomedical domains: A diversity-optimised sampling and synthetic
data generation approach" (arXiv 2311.06364). The released code is GPL: this was written from a description alone.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counting", "Criterion", "Evened", "gme_order"]

TIE_DECIMALS = 10

Criterion: TypeAlias = Literal["utopia", "sum"]
Counting: TypeAlias = Literal["all", "once"]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


class Evened(NamedTuple):
    """What was picked.

    Attributes:
        order: (n,) int64, rows in the order of picking; those without a relation last.
        entropies: (n, n_attributes) float64, nats, of the set after each pick.
    """

    order: Ints
    entropies: Floats


def gme_order(
    documents: Ints, values: Ints, n_documents: int, *, criterion: Criterion = "utopia", counting: Counting = "all"
) -> Evened:
    """Order documents by the entropies of the set.

    Args:
        documents: (n_relations,) int64, the document of each relation.
        values: (n_relations, n_attributes) int64 >= 0, or -1 for none.
        n_documents: rows.
        criterion: `utopia` as released by default, or `sum`.
        counting: `all` relations, or each value of a document `once` (binarised).
    """
    attributes = [_Attribute(documents, column, n_documents, counting) for column in values.T]
    utopia = [np.log(max(attribute.n_values, 1)) for attribute in attributes]
    left = np.bincount(documents, minlength=n_documents) > 0
    rest = np.flatnonzero(~left)
    order, entropies = [], []
    for _ in range(int(left.sum())):
        after = [attribute.entropies_after() for attribute in attributes]
        if criterion == "utopia":
            cost = np.sqrt(sum((entropy - best) ** 2 for entropy, best in zip(after, utopia, strict=True)))
        else:
            cost = -np.sum(after, axis=0)
        row = int(np.where(left, np.round(cost, TIE_DECIMALS), np.inf).argmin())
        order.append(row)
        entropies.append([entropy[row] for entropy in after])
        left[row] = False
        for attribute in attributes:
            attribute.take(row)
    entropies += [entropies[-1] if entropies else [0.0] * len(attributes)] * len(rest)
    return Evened(np.array([*order, *rest], dtype=np.int64), np.array(entropies).reshape(n_documents, -1))


class _Attribute:
    """Counts of an attribute's values in the set, and what each document would change."""

    def __init__(self, documents: Ints, values: Ints, n_documents: int, counting: Counting) -> None:
        known = values >= 0
        names, numbers = np.unique(values[known], return_inverse=True)
        self.n_values = len(names)
        pairs, times = np.unique(numbers * n_documents + documents[known], return_counts=True)
        self._document, self._times = pairs % n_documents, times if counting == "all" else np.ones_like(times)
        value = pairs // n_documents
        self._starts = np.searchsorted(value, np.arange(self.n_values + 1))
        self._by_document = np.argsort(self._document, kind="stable")
        self._spans = np.searchsorted(self._document[self._by_document], np.arange(n_documents + 1))
        self._value = value
        self._sizes = np.bincount(self._document, self._times, n_documents)  # relations a document would add
        most = int(self._sizes.sum()) + int(self._times.max(initial=0))  # once more than there are, of what is taken
        grid = np.arange(most + 1, dtype=np.float64)
        self._c_log_c = grid * np.log(np.maximum(grid, 1.0))
        self._counts = np.zeros(self.n_values, dtype=np.int64)
        self._total = 0.0  # relations in the set
        self._sum = 0.0  # of c log c
        self._change = np.bincount(self._document, self._c_log_c[self._times], n_documents)

    def entropies_after(self) -> Floats:
        """Return the entropy of the set with each document added, (n_documents,)."""
        totals = np.maximum(self._total + self._sizes, 1.0)  # nothing counted: log 1 - 0 = 0
        return np.asarray(np.log(totals) - (self._sum + self._change) / totals)

    def take(self, row: int) -> None:
        """Add a document to the set."""
        self._sum += self._change[row]
        self._total += self._sizes[row]
        for pair in self._by_document[self._spans[row] : self._spans[row + 1]].tolist():
            value, times = self._value[pair], self._times[pair]
            sharing = slice(self._starts[value], self._starts[value + 1])
            before = self._counts[value]
            self._counts[value] += times
            self._change[self._document[sharing]] += self._step(sharing, before + times) - self._step(sharing, before)

    def _step(self, sharing: slice, count: int) -> Floats:
        """Return by how much c log c grows from this count for each document that shares the value."""
        return np.asarray(self._c_log_c[count + self._times[sharing]] - self._c_log_c[count])
