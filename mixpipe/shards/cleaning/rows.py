"""What both steps of token cleaning read of a shard: rows batch by batch, and lists as values back to back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.store.stage import Context

__all__ = ["CUTOFF", "DATA", "SCORES", "batches_of", "excesses", "files_in", "part_in", "values_of"]

SCORES, DATA = "scored", "data"
CUTOFF = "cutoff.json"
BATCH_ROWS = 1024  # documents held at once


def files_in(context: Context, folder: str) -> list[Path]:
    """Return the files of a step, in the order of the shards."""
    return sorted((context.out / folder).rglob("*.parquet"))


def part_in(file: str, folder: str) -> str:
    """Return the name of the part in a folder that goes with a file in another one."""
    return f"{folder}/{file.partition('/')[2].partition('.')[0]}"


def batches_of(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a file, in bounded memory."""
    with pq.ParquetFile(file) as table:
        yield from table.iter_batches(BATCH_ROWS, columns=columns)


def excesses(file: Path) -> Iterator[NDArray[np.float32]]:
    """Yield the excess losses of a shard's response tokens, in order, (n,) float32 at a time."""
    for rows in batches_of(file, ["excess", "is_response"]):
        yield values_of(rows["excess"])[values_of(rows["is_response"])]


def values_of(column: Any) -> Any:  # noqa: ANN401  pyarrow is untyped
    """Return the values of a column of lists, back to back."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.flatten().to_numpy(zero_copy_only=False)
