"""Unit vectors: joined, compared and averaged."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mixpipe.vectors import unit_rows

__all__ = ["distances_to", "group_means", "join"]


def join(embeddings: NDArray[np.float32], lexical: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Return embeddings beside weighted lexical features: (n, d) float32, unit rows."""
    return unit_rows(np.hstack([unit_rows(embeddings), np.float32(weight) * lexical]))


def distances_to(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 - cosine of matching unit rows: (n,) float32, 0..2."""
    distances: NDArray[np.float32] = np.clip(1 - np.einsum("nd,nd->n", vectors, others), 0, 2).astype(np.float32)
    return distances


def group_means(vectors: NDArray[np.float32], group: NDArray[np.int64], n_groups: int) -> NDArray[np.float64]:
    """Return the mean vector of each group, not normalised: (n_groups, d) float64; zeros for empty groups."""
    members = sp.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=(n_groups, len(group)))
    documents = np.bincount(group, minlength=n_groups).astype(np.float64)
    return np.divide(members @ vectors, np.maximum(documents, 1)[:, None])
