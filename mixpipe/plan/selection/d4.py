"""D4: what is left of a block without semantic duplicates, then without prototypes of what it says most often.

1. Semantic duplicates: in each cell, from the farthest from its centroid to the nearest, every document has a largest
   cosine to an earlier one; those for which it is largest go. Not a threshold but the share that is left is given.
2. What is left is cut into cells anew. A crowd of duplicates pulls a centroid onto itself, and what lies nearest to the
   old centroids would be duplicates again.
3. The nearest to the new centroids, the prototypes, go.

In the order the kept come first, as they were given, since the paper ranks none of them above another and trains on a
random part where that is enough. Then what larger ratios would have kept, the next first: prototypes from the
farthest, duplicates from the least similar. A document alone in its cell is its own prototype, with a distance of 0.

Tirumala, Simig, Aghajanyan and Morcos, "D4: Improving LLM Pretraining via Document De-Duplication and Diversification",
2023 (arXiv 2308.12284); step 1: Abbas et al., "SemDeDup", 2023, rule and order of the released code (`chain`, `hard`).
Deviation: ceil(r_dedup * n) documents are left by step 1, so that a single one has a cell.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.plan.selection.cells import Cells, block_cells

__all__ = ["Diversified", "centroid_distances", "d4_order", "earlier_cosines"]


class Diversified(NamedTuple):
    """What was kept and what went.

    Attributes:
        order: (n,) int64, the kept rows in their order, then prototypes, then semantic duplicates.
        n_distinct: how many are no semantic duplicates: the kept and the prototypes.
        n_kept: how many are kept.
    """

    order: NDArray[np.int64]
    n_distinct: int
    n_kept: int


def d4_order(vectors: NDArray[np.float32], rng: np.random.Generator, *, r_dedup: float, r_proto: float) -> Diversified:
    """Order documents by what drops them.

    Args:
        vectors: (n, d) float32, unit rows, n >= 1.
        rng: chooses the first centroids, twice.
        r_dedup: share left without semantic duplicates, above 0, at most 1.
        r_proto: share of these left without prototypes, above 0, at most 1.
    """
    n = len(vectors)
    n_distinct, n_kept = math.ceil(r_dedup * n), math.floor(r_dedup * r_proto * n)
    least_similar = np.argsort(earlier_cosines(vectors, block_cells(vectors, rng)), kind="stable")
    distinct = np.sort(least_similar[:n_distinct])
    left = vectors[distinct]
    farthest = distinct[np.argsort(-centroid_distances(left, block_cells(left, rng)), kind="stable")]
    parts = [np.sort(farthest[:n_kept]), farthest[n_kept:], least_similar[n_distinct:]]
    return Diversified(np.concatenate(parts).astype(np.int64), n_distinct, n_kept)


def earlier_cosines(vectors: NDArray[np.float32], cells: Cells) -> NDArray[np.float32]:
    """Return the largest cosine of each to one of its cell that lies farther from the centroid, (n,); -inf for none."""
    distances = centroid_distances(vectors, cells)
    found = np.full(len(vectors), -np.inf, dtype=np.float32)
    for cell in np.unique(cells.cell):
        rows = np.flatnonzero(cells.cell == cell)
        rows = rows[np.argsort(-distances[rows], kind="stable")]
        cosines = vectors[rows] @ vectors[rows].T  # 64 MiB if all of a block were in one cell
        cosines[~np.tri(len(rows), k=-1, dtype=np.bool_)] = -np.inf
        found[rows] = cosines.max(axis=1)
    return found


def centroid_distances(vectors: NDArray[np.float32], cells: Cells) -> NDArray[np.float32]:
    """Return 1 - cosine of each to the centroid of its cell, (n,)."""
    return np.asarray(1 - np.einsum("nd,nd->n", vectors, cells.centroids[cells.cell]))
