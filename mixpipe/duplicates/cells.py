"""Cells of semantic duplicates: a domain, or the parts into which a large one is cut by spherical k-means.

Only documents of one cell are compared, so cost is n * documents_per_cell * d and not n^2 * d; duplicates across cells
are not found. Centroids are fitted on a keyed-hash sample and do not depend on the order of files. Neighbouring cells
make a bucket, which is what one process holds: about 16,000 documents, 25 MB of float32 at 384 dimensions.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.kmeans import distinct_rows, nearest, spherical_kmeans
from mixpipe.store.files import read_arrays, write_arrays

__all__ = ["Cells", "fit_cells"]

BUCKET_DOCUMENTS = 16_384
ITERATIONS = 10
SAMPLED_PER_CELL = 8  # at the least: a cell of fewer sampled documents is one document's neighbourhood


class Cells(NamedTuple):
    """Where documents are dealt.

    Attributes:
        first: (n_domains + 1,) int64, number of each domain's first cell, then of all.
        centroids: (n_centroids, d) float32, of the cells of domains that are cut, in their order.
        start: (n_domains + 1,) int64, each domain's first centroid; equal to the next where it is one cell.
        bucket: (n_cells,) int64, rising.
    """

    first: NDArray[np.int64]
    centroids: NDArray[np.float32]
    start: NDArray[np.int64]
    bucket: NDArray[np.int64]

    def of(self, vectors: NDArray[np.float32], domain: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the cell of each document: (n,) int64."""
        cell = self.first[domain]
        for d in np.unique(domain):
            mine = slice(self.start[d], self.start[d + 1])
            if mine.stop > mine.start:
                rows = np.flatnonzero(domain == d)
                cell[rows] += nearest(vectors[rows], self.centroids[mine]).cell
        return cell

    def save(self, path: Path) -> None:
        """Write as .npz."""
        write_arrays(path, **self._asdict())

    @classmethod
    def load(cls, path: Path) -> "Cells":
        """Read what `save` wrote."""
        return cls(**read_arrays(path))


def fit_cells(
    vectors: NDArray[np.float32],
    domain: NDArray[np.int32],
    documents: NDArray[np.int64],
    *,
    documents_per_cell: int,
    seed: int,
) -> Cells:
    """Cut the domains that are too large.

    Args:
        vectors: (n, d) float32, unit rows: a sample of the corpus, in an order of its own.
        domain: (n,) int32, of the sample.
        documents: (n_domains,) int64, of the whole corpus.
        documents_per_cell: how many a cell is to hold, about.
        seed: of k-means.
    """
    centroids, expected = [], []
    for d, held in enumerate(documents.tolist()):
        rows = vectors[domain == d]
        wanted = min(-(-held // documents_per_cell), len(rows) // SAMPLED_PER_CELL, distinct_rows(rows))
        found = spherical_kmeans(rows, wanted, iterations=ITERATIONS, seed=seed) if wanted > 1 else rows[:0]
        centroids.append(found)
        sampled = np.bincount(nearest(rows, found).cell, minlength=len(found)) if len(found) else np.ones(1)
        expected.append(held * sampled / sampled.sum())
    sizes = np.concatenate(expected)
    return Cells(
        first=np.cumsum([0, *map(len, expected)]),
        centroids=np.concatenate(centroids).astype(np.float32),
        start=np.cumsum([0, *map(len, centroids)]),
        bucket=((np.cumsum(sizes) - sizes) // BUCKET_DOCUMENTS).astype(np.int64),
    )
