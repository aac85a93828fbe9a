"""Spherical k-means: unit vectors to small cells, which become domains or the cells of semantic duplicates.

FAISS (the only place that imports it) does the iterations; its `spherical` mode normalises the centroids after each.
The seed fixes its choice of first centroids, and sums depend on the number of threads, which the engine fixes: equal
vectors give equal bits in every process. Cost: 2 * rows * cells * dimensions * iterations operations, 1e11 for 20,000
vectors of 484 dimensions and 212 cells. Measured with 1 and 2 threads: equal bits too.

Dhillon and Modha, "Concept decompositions for large sparse text data using clustering", Machine Learning 42, 2001.
"""

import math
from typing import NamedTuple

import faiss  # noqa: TID251  this is its one home
import numpy as np
from numpy.typing import NDArray

__all__ = ["Nearest", "cell_count", "distinct_rows", "nearest", "spherical_kmeans"]

# 1.5 * sqrt(n): 105 cells for 4,917 documents, 212 for 20,000. On the sample corpus 100 cells gave NMI 0.836, 200 gave
# 0.827 and 400 gave 0.824 (17 domains, 4 seeds; `benchmarks/domains.py --ablation`): too many leave too few documents
# to place each one.
CELLS_PER_ROOT = 1.5
# With fewer cells than this per domain, merging has no choice left.
CELLS_PER_DOMAIN = 4
# 128 MB: the 12,500 cells that a sample of 100,000 documents may be cut into for duplicates would be 5 GB at once.
COSINES_AT_ONCE = 1 << 25


class Nearest(NamedTuple):
    """The nearest centroid of each row.

    Attributes:
        cell: (n,) int64, which one.
        distance: (n,) float32, 1 - cosine, in 0..2.
    """

    cell: NDArray[np.int64]
    distance: NDArray[np.float32]


def cell_count(n_rows: int, n_domains: int) -> int:
    """Return how many cells to make of `n_rows` documents when at most `n_domains` domains are wanted."""
    return max(round(CELLS_PER_ROOT * math.sqrt(n_rows)), CELLS_PER_DOMAIN * n_domains)


def distinct_rows(vectors: NDArray[np.float32]) -> int:
    """Return how many different rows there are, bit by bit."""
    return len({row.tobytes() for row in vectors})


def spherical_kmeans(vectors: NDArray[np.float32], n_cells: int, *, iterations: int, seed: int) -> NDArray[np.float32]:
    """Return the centroids of cells that each hold at least one vector.

    Args:
        vectors: (n, d) float32, unit rows.
        n_cells: at most as many as there are distinct rows.
        iterations: how many times centroids are moved.
        seed: of the choice of first centroids.

    Returns:
        (<= n_cells, d) float32 unit rows; empty cells are left out.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    index = faiss.IndexFlatIP(rows.shape[1])
    training = faiss.Clustering(rows.shape[1], n_cells)
    training.spherical = True
    training.niter = iterations
    training.seed = seed
    training.min_points_per_centroid = 1  # below its default of 39 FAISS prints a warning
    training.max_points_per_centroid = len(rows)  # the caller has sampled already
    training.train(rows, index)
    centroids = faiss.vector_to_array(training.centroids).reshape(n_cells, -1)
    used = np.unique(nearest(rows, centroids).cell)
    return np.ascontiguousarray(centroids[used])


def nearest(vectors: NDArray[np.float32], centroids: NDArray[np.float32]) -> Nearest:
    """Return the nearest centroid of each vector; of equally near ones the first.

    Args:
        vectors: (n, d) float32, unit rows, or rows of zeros (distance 1 to all).
        centroids: (m, d) float32, unit rows.
    """
    cell, best = np.zeros(len(vectors), np.int64), np.zeros(len(vectors), np.float32)
    rows_at_once = max(COSINES_AT_ONCE // len(centroids), 1)
    for start in range(0, len(vectors), rows_at_once):
        rows = slice(start, start + rows_at_once)
        cosines = vectors[rows] @ centroids.T
        cell[rows] = cosines.argmax(axis=1)
        best[rows] = np.take_along_axis(cosines, cell[rows][:, None], axis=1)[:, 0]
    return Nearest(cell, np.clip(1 - best, 0, 2).astype(np.float32))
