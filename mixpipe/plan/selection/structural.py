"""Structural diversity: documents that cover the block's compounds, the most frequent first, with ever new templates.

A compound is any small structure of a document, a template the document with its constants masked. Take the compound,
not yet covered, that most unused documents hold; of these take one with a template not used before, else any; all its
compounds are then covered. When none is left, all are uncovered again (`cycle`), else the rest comes last.

Two choices among new templates: the `first` document by row (the paper's random one, where rows are in random order),
or that of the most `frequent` template. Compounds of equal frequency are taken by column. Cost: the compounds of each
picked document, and a heap whose entries are corrected when they surface, since frequencies only fall.

Gupta et al., "Structurally Diverse Sampling for Sample-Efficient Training and Comprehensive Evaluation", Findings of
EMNLP 2022 (arXiv 2203.08445), section 3.
"""

import heapq
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Coverage", "Covering", "NewTemplate", "structural_order"]

NONE = -1
NewTemplate: TypeAlias = Literal["first", "frequent"]
Coverage: TypeAlias = Literal["cycle", "single"]
Ints: TypeAlias = NDArray[np.int64]


class Covering(NamedTuple):
    """What was picked.

    Attributes:
        order: (n,) int64, rows in the order of picking; those without a compound, or after a `single` coverage, last.
        compounds: (n,) int64, the compound that each was taken for; -1 for those last.
        trace: (n,) int64, compounds covered after each pick, counted anew in each cycle.
    """

    order: Ints
    compounds: Ints
    trace: Ints


def structural_order(
    compounds: sp.csr_matrix, templates: Ints, *, template: NewTemplate = "first", coverage: Coverage = "cycle"
) -> Covering:
    """Order documents by the compounds that they cover.

    Args:
        compounds: (n, n_compounds), an entry where a document holds a compound, whatever its value.
        templates: (n,) int64 >= 0, template of each document.
        template: which of the documents with new templates.
        coverage: `cycle` or `single`.
    """
    pool = _Pool(compounds, templates, template)
    order: list[int] = []
    reasons: list[int] = []
    trace: list[int] = []
    while (compound := pool.next_compound()) != NONE or (coverage == "cycle" and pool.uncover()):
        if compound == NONE:
            continue
        row = pool.take(compound)
        order.append(row)
        reasons.append(compound)
        trace.append(pool.n_covered)
    rest = np.flatnonzero(pool.unused)
    reasons += [NONE] * len(rest)
    trace += [trace[-1] if trace else 0] * len(rest)
    return Covering(*(np.array(column, dtype=np.int64) for column in ([*order, *rest], reasons, trace)))


class _Pool:
    """The unused documents, and how many of them hold each compound."""

    def __init__(self, compounds: sp.csr_matrix, templates: Ints, choice: NewTemplate) -> None:
        self._rows = sp.csr_matrix(compounds, copy=True)
        self._rows.sum_duplicates()
        self._holders = self._rows.tocsc()  # rows of a compound, rising
        self._templates = templates
        self._template_rank = -np.bincount(templates)[templates] if choice == "frequent" else np.zeros_like(templates)
        self._used_templates = np.zeros(int(templates.max(initial=-1)) + 1, dtype=np.bool_)
        self._frequency = np.diff(self._holders.indptr).astype(np.int64)
        self.unused = np.ones(len(templates), dtype=np.bool_)
        self.uncover()

    def uncover(self) -> bool:
        """Start anew with nothing covered; False when no unused document holds a compound."""
        self._covered = np.zeros(len(self._frequency), dtype=np.bool_)
        self.n_covered = 0
        held = np.flatnonzero(self._frequency)
        # One whole number an entry, negated frequency * n_compounds + compound, sorted and so a heap already.
        self._heap = np.sort(held - self._frequency[held] * len(self._frequency)).tolist()
        return len(held) > 0

    def next_compound(self) -> int:
        """Return the uncovered compound that most unused documents hold, or NONE."""
        while self._heap:
            entry = self._heap[0]
            compound: int = entry % len(self._frequency)
            frequency = int(self._frequency[compound])
            if self._covered[compound] or not frequency:
                heapq.heappop(self._heap)
            elif (now := compound - frequency * len(self._frequency)) != entry:
                heapq.heapreplace(self._heap, now)
            else:
                return compound
        return NONE

    def take(self, compound: int) -> int:
        """Use and return a document that holds the compound; what it holds is covered."""
        holders = self._holders.indices[self._holders.indptr[compound] : self._holders.indptr[compound + 1]]
        holders = holders[self.unused[holders]]
        used = self._used_templates[self._templates[holders]]
        row = int(holders[np.lexsort((holders, self._template_rank[holders], used))[0]])
        held = self._rows.indices[self._rows.indptr[row] : self._rows.indptr[row + 1]]
        self.n_covered += int((~self._covered[held]).sum())
        self._covered[held] = True
        self._frequency[held] -= 1
        self.unused[row] = False
        self._used_templates[self._templates[row]] = True
        return row
