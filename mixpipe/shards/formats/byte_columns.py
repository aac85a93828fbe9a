"""Columns of bytes laid side by side, row by row, by Arrow: one copy, and no object per document.

For formats in which the columns of a document follow one another without a codec in between. Arrow's 64-bit offsets
bear any batch.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["BYTES", "byte_lengths", "fixed_bytes", "joined"]

BYTES = pa.large_binary()


def fixed_bytes(values: NDArray[np.generic]) -> pa.LargeBinaryArray:
    """Return the bytes of each row of an array of shape (n_rows,) or (n_rows, width): (n_rows,) BYTES."""
    width = values.itemsize * (values.shape[1] if values.ndim > 1 else 1)
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(values), [None, data]).cast(BYTES)


def byte_lengths(column: pa.LargeBinaryArray) -> NDArray[np.int64]:
    """Return the number of bytes in each row: (n_rows,) int64."""
    lengths: NDArray[np.int64] = pc.binary_length(column).to_numpy()
    return lengths


def joined(*columns: pa.LargeBinaryArray) -> tuple[memoryview, NDArray[np.int64]]:
    """Return the bytes of all rows, in each row those of the columns in turn, and how many each row has: (n_rows,)."""
    rows = pc.binary_join_element_wise(*columns, pa.scalar(b"", BYTES))
    lengths = byte_lengths(rows)
    return memoryview(rows.buffers()[2])[: int(lengths.sum())], lengths
