"""Vectors as they are stored: out of Arrow, and to rows of length 1."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["unit_rows", "vectors_of"]


def vectors_of(column: pa.ChunkedArray) -> NDArray[np.floating]:
    """Return a column of fixed-size lists as (n, d) of its own floats, d also where n is 0."""
    flat: NDArray[np.floating] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), column.type.list_size)


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (n, d) float32 rows of length 1, rows of zeros as they are.

    Stored as float16, unit rows are of length 1 to within 5e-4 only, and equal ones must have cosine 1.
    """
    rows = vectors.astype(np.promote_types(vectors.dtype, np.float32), copy=False)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.where(norms > 0, norms, 1), dtype=np.float32)
