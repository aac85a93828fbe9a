"""Rows dealt to numbered places: one Arrow file per writer, one record batch per place that has rows.

The numbers stand in the schema's metadata, so a reader of one place touches that batch of every file and no other.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixpipe.errors import StoreError
from mixpipe.store.files import whole_file

__all__ = ["read_dealt", "write_dealt"]

PLACES = b"places"


def write_dealt(path: Path, table: pa.Table, places: np.ndarray) -> None:
    """Write the rows of a table by place; (n_rows,) int64 places."""
    order = np.argsort(places, kind="stable")
    present, starts = np.unique(places[order], return_index=True)
    schema = table.schema.with_metadata({PLACES: present.astype("<i8").tobytes()})
    dealt = table.take(pa.array(order)).replace_schema_metadata(schema.metadata).combine_chunks()
    with whole_file(path) as scratch, pa.ipc.new_file(scratch, schema) as writer:
        for start, stop in zip(starts.tolist(), [*starts.tolist()[1:], len(order)], strict=False):
            for batch in dealt.slice(start, stop - start).to_batches():
                writer.write_batch(batch)


def read_dealt(paths: Sequence[Path], place: int) -> pa.Table:
    """Return the rows that all files hold of one place, copied out of them."""
    tables = list(_tables(paths, place))
    return pa.concat_tables(tables)


def _tables(paths: Sequence[Path], place: int) -> Iterator[pa.Table]:
    for path in paths:
        try:
            with pa.memory_map(str(path)) as source:
                file = pa.ipc.open_file(source)
                present = np.frombuffer((file.schema.metadata or {})[PLACES], "<i8")
                at = int(np.searchsorted(present, place))
                is_there = at < len(present) and present[at] == place
                batches = [file.get_batch(at)] if is_there else []
                yield pa.Table.from_batches(batches, file.schema).replace_schema_metadata()
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"expected an Arrow file at {path}, found: {error}; delete {path} and run again"
            ) from error
