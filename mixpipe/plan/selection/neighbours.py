"""The nearest neighbours of every document of a block, exactly.

One matrix product in tiles of 512 rows: 4,096 vectors of 484 dimensions are 8e9 multiplications, and a tile of cosines
takes 8 MiB. An approximate index would save nothing at this size.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["knn_graph"]

TILE_ROWS = 512


def knn_graph(vectors: NDArray[np.float32], k: int) -> sp.csr_matrix:
    """Return the directed graph from every row to its nearest other rows.

    Args:
        vectors: (n, d) float32, unit rows.
        k: neighbours of a row; all others when there are fewer.

    Returns:
        (n, n) float64, the cosine where it is above 0; min(k, n - 1) entries a row at most.
    """
    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return sp.csr_matrix((n, n), dtype=np.float64)
    nearest = np.empty((n, k), dtype=np.int64)
    cosines = np.empty((n, k), dtype=np.float64)
    for first in range(0, n, TILE_ROWS):
        tile = vectors[first : first + TILE_ROWS] @ vectors.T
        rows = np.arange(len(tile))
        tile[rows, first + rows] = -np.inf
        found = np.argpartition(tile, n - k, axis=1)[:, n - k :]
        nearest[first + rows] = found
        cosines[first + rows] = np.take_along_axis(tile, found, axis=1)
    sources = np.repeat(np.arange(n), k)
    graph = sp.csr_matrix((np.clip(cosines, 0.0, 1.0).ravel(), (sources, nearest.ravel())), shape=(n, n))
    graph.eliminate_zeros()
    return graph
