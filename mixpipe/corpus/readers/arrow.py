"""Arrow files and streams, which is what `datasets.save_to_disk` and the cache of `datasets` hold.

Choice: read with pyarrow alone, memory-mapped. A file that is damaged anywhere gives nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mixpipe.corpus.readers.columns import checked_rows, wanted_columns
from mixpipe.corpus.readers.record import DamageError, Reader, Records, RowGroups, Wanted

__all__ = ["READER"]

FILE_MAGIC = b"ARROW1"
STREAM_MAGIC = b"\xff\xff\xff\xff"
BATCH_ROWS = 256


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source:
        is_file = source.read(len(FILE_MAGIC)) == FILE_MAGIC
        source.seek(0)
        if is_file:
            reader = pa.ipc.open_file(source)
            yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            yield from pa.ipc.open_stream(source)


def _schema(path: Path) -> pa.Schema:
    try:
        with pa.memory_map(str(path)) as source:
            is_file = source.read(len(FILE_MAGIC)) == FILE_MAGIC
            source.seek(0)
            return (pa.ipc.open_file if is_file else pa.ipc.open_stream)(source).schema
    except (pa.ArrowException, OSError) as error:
        raise DamageError("damaged-file", f"{' '.join(str(error).split())}; nothing of it was read") from error


def _read(path: Path, wanted: Wanted, row_groups: RowGroups | None) -> Records:
    names = wanted_columns(_schema(path), wanted)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in _batches(path):
            chosen = batch.select(names)
            yield from (chosen.slice(start, BATCH_ROWS) for start in range(0, chosen.num_rows, BATCH_ROWS))

    yield from checked_rows(batches, wanted)


READER = Reader(frozenset({".arrow", ".feather"}), lambda head: head.startswith((FILE_MAGIC, STREAM_MAGIC)), _read)
