"""Prototypes: after duplicates are gone, the documents that lie closest to the centroid of their cluster.

They say what their neighbours say anyway. The clusters are found anew among the documents that are left: with the old
ones a centroid sits on the duplicates, and what is around them would be dropped a second time. One ranking for all
clusters, so dense ones lose more. Cost: k-means.

Tirumala, Simig, Aghajanyan and Morcos, "D4", NeurIPS 2023, section 3; ranking after Sorscher et al., NeurIPS 2022.
"""

import numpy as np
from numpy.typing import NDArray

from mixpipe.kmeans import distinct_rows, nearest, spherical_kmeans

__all__ = ["without_prototypes"]

ITERATIONS = 20


def without_prototypes(vectors: NDArray[np.float32], retained: int, *, n_clusters: int, seed: int) -> NDArray[np.int64]:
    """Return the rows that are kept: (retained,) int64, rising.

    Args:
        vectors: (n, d) float32, unit rows, free of duplicates, in an order of their own (by id): ties go by it.
        retained: how many to keep; D4 keeps floor(0.75 * 0.75 * n) or so of the n before both cuts.
        n_clusters: of the new clustering, at the most.
        seed: of k-means.
    """
    centroids = spherical_kmeans(vectors, min(n_clusters, distinct_rows(vectors)), iterations=ITERATIONS, seed=seed)
    farthest = np.argsort(-nearest(vectors, centroids).distance, kind="stable")
    return np.sort(farthest[:retained])
