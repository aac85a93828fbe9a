"""Rows of length one, for every vector that can occur.

A vector without direction (all zeros: a text without a known token) becomes the constant vector, so that cosines stay
defined and nothing downstream meets a NaN. Such rows are equal to each other and about equally far from all others.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["unit_rows"]


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rows scaled to length 1.

    Args:
        vectors: (n, dimensions) finite floats.

    Returns:
        (n, dimensions) float32; a row of zeros becomes the constant vector.
    """
    rows = vectors.astype(np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    # Dividing by the largest entry first keeps the squares of tiny and huge vectors in range.
    rows = np.where(largest == 0, 1.0, rows / np.where(largest == 0, 1.0, largest))  # a NaN stays, to be found
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
