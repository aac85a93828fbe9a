"""Parquet: whole files, or ranges of row groups of large ones.

A file, or a range, that is damaged anywhere gives nothing. Batches of 256 rows keep memory bounded inside row groups of
any size.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mixpipe.corpus.readers.columns import checked_rows, wanted_columns
from mixpipe.corpus.readers.record import DamageError, Reader, Records, RowGroups, Wanted

__all__ = ["READER"]

BATCH_ROWS = 256


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise DamageError("damaged-file", f"{' '.join(str(error).split())}; nothing of it was read") from error


def _read(path: Path, wanted: Wanted, row_groups: RowGroups | None) -> Records:
    with _open(path) as file:
        names = wanted_columns(file.schema_arrow, wanted)
        start, stop = row_groups or (0, file.num_row_groups)
        first = sum(file.metadata.row_group(index).num_rows for index in range(start))

        def batches() -> Iterator[pa.RecordBatch]:
            numbers = list(range(start, stop))
            return file.iter_batches(BATCH_ROWS, row_groups=numbers, columns=names, use_threads=False)  # type: ignore[no-any-return]  # pyarrow is untyped

        yield from checked_rows(batches, wanted, first)


def _split(path: Path, size: int) -> list[RowGroups]:
    """List ranges of row groups of at least `size` bytes before compression."""
    with _open(path) as file:
        ranges, start, filled = [], 0, 0
        for index in range(file.num_row_groups):
            filled += file.metadata.row_group(index).total_byte_size
            if filled >= size or index == file.num_row_groups - 1:
                ranges.append((start, index + 1))
                start, filled = index + 1, 0
        return ranges


READER = Reader(frozenset({".parquet", ".pq"}), lambda head: head.startswith(b"PAR1"), _read, _split)
