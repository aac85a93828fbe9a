"""IDEAL: a small set from which most of the block is reached when influence spreads over a graph of neighbours.

Independent cascade: a document, once reached, has one chance to reach each of its neighbours, with the cosine's share
among all of its neighbours as probability. Instead of simulating for every candidate (10 runs each in the released
code, which also counts a document twice that is reached twice in one wave), 100 graphs are drawn in which each edge
lives or not, once; influence is then the mean number of documents reachable in them, and greedy picking an exact
maximum coverage: same graphs, same order, a concave trace. Every gain is kept up to date: a document that is newly
reached takes 1 from each that would have reached it.

Cost: the pairs (document, document reachable in a graph), once forwards, once backwards. The shares of a document sum
to 1, so cascades are critical: most are short, some long.

Zhang et al., "IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in Large Language Models", ICLR
2024 (arXiv 2310.10873), section 3; live edges: Kempe et al., "Maximizing the spread of influence", KDD 2003.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Influential", "edge_probabilities", "ideal_order"]

Ints: TypeAlias = NDArray[np.int64]


class Influential(NamedTuple):
    """What was picked.

    Attributes:
        order: (n,) int64, rows in the order of picking; those that all graphs reach from earlier ones last.
        trace: (n,) float64, documents reached, in the mean over graphs, after each pick.
    """

    order: Ints
    trace: NDArray[np.float64]


def edge_probabilities(graph: sp.csr_matrix) -> sp.csr_matrix:
    """Return similarities >= 0 as shares of each row: (n, n) float64; a row without neighbours stays empty."""
    sums = np.asarray(graph.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags_array(1.0 / np.where(sums > 0, sums, 1.0)) @ graph)


def ideal_order(probabilities: sp.csr_matrix, rng: np.random.Generator, *, n_graphs: int = 100) -> Influential:
    """Order documents by how many more each reaches.

    Args:
        probabilities: (n, n) float64 in 0..1, that an edge lives.
        rng: draws the graphs.
        n_graphs: how many; the standard error of an influence falls with the root.
    """
    n = probabilities.shape[0]
    if n == 0:
        return Influential(np.zeros(0, dtype=np.int64), np.zeros(0))
    reach = _reach(probabilities, n_graphs, rng)
    reached_by = reach.tocsc()
    gains = np.diff(reach.indptr).astype(np.int64)
    covered = np.zeros(reach.shape[1], dtype=np.bool_)
    order, worth = [], []
    while gains.max() > 0:
        row = int(gains.argmax())
        order.append(row)
        worth.append(int(gains[row]))
        targets = reach.indices[reach.indptr[row] : reach.indptr[row + 1]]
        new = targets[~covered[targets]]
        covered[new] = True
        losers = _entries(reached_by, new)
        gains -= np.bincount(losers, minlength=n)  # the row itself among them: its gain is now 0
    rest = np.setdiff1d(np.arange(n), order)
    trace = np.cumsum([*worth, *np.zeros(len(rest))]) / n_graphs
    return Influential(np.array([*order, *rest], dtype=np.int64), trace)


def _reach(probabilities: sp.csr_matrix, n_graphs: int, rng: np.random.Generator) -> sp.csr_matrix:
    """Return which documents reach which in each graph, themselves too: (n, n_graphs * n), n columns for each graph."""
    n = probabilities.shape[0]
    visited = np.zeros(n * n, dtype=np.bool_)  # of one graph: n * source + document
    pairs = []
    for graph in range(n_graphs):
        lives = rng.random(probabilities.nnz) < probabilities.data
        ends = np.concatenate([[0], np.cumsum(lives)])[probabilities.indptr]
        found = np.concatenate(list(_waves(ends, probabilities.indices[lives].astype(np.int64), visited)))
        visited[found] = False
        pairs.append((found // n, found % n + n * graph))
    sources, reached = (np.concatenate(side).astype(np.int32) for side in zip(*pairs, strict=True))
    return sp.csr_matrix((np.ones(len(sources), dtype=np.bool_), (sources, reached)), shape=(n, n_graphs * n))


def _waves(indptr: Ints, indices: Ints, visited: NDArray[np.bool_]) -> Iterator[Ints]:
    """Yield n * source + document of all pairs that are newly reached, a step further each time; marks them."""
    n = len(indptr) - 1
    wave = np.arange(n) * (n + 1)
    while len(wave):
        visited[wave] = True
        yield wave
        sources, documents = np.divmod(wave, n)
        sizes = indptr[documents + 1] - indptr[documents]
        offsets = np.repeat(indptr[documents] - (np.cumsum(sizes) - sizes), sizes)
        onward = np.repeat(sources * n, sizes) + indices[offsets + np.arange(len(offsets))]
        wave = np.unique(onward[~visited[onward]])


def _entries(columns: sp.csc_matrix, wanted: NDArray[np.integer]) -> Ints:
    """Return the row indices of these columns, one after another."""
    starts, sizes = columns.indptr[wanted], np.diff(columns.indptr)[wanted]
    offsets = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    return np.asarray(columns.indices[offsets + np.arange(len(offsets))])
