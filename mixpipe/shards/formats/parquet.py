"""Parquet as the Hugging Face hub likes it: zstd, page index, content-defined chunks, row groups under 100 MB.

Pages are cut by content and not by row number, so that a shard that differs in a few documents shares most of its
bytes with the one before and re-uploads cheaply; the cutting parameters are recorded in the file as `datasets` does.
Repetitive columns are dictionary-encoded; texts and ids are not, which saves hashing what never repeats.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.store.files import read_table, whole_file
from mixpipe.tables import SHARDS

__all__ = ["Parquet"]

CHUNKING = {"min_chunk_size": 256 << 10, "max_chunk_size": 1 << 20, "norm_level": 0}
REPETITIVE = ["domain", "domain_name", "copy", "copies", "source"]
SCHEMA = SHARDS.with_metadata({b"content_defined_chunking": json.dumps(CHUNKING).encode()})


class Parquet(DocumentFormat):
    """One shard as one Parquet file, one row group per table that has rows: `datasets` cannot read one without."""

    suffix = ".parquet"
    stored = 0.4

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another; return the number of rows."""
        settings = {"compression": "zstd", "compression_level": 1, "use_dictionary": REPETITIVE}
        settings |= {"use_content_defined_chunking": CHUNKING, "write_page_index": True}
        rows = 0
        with whole_file(path) as scratch, pq.ParquetWriter(scratch, SCHEMA, **settings) as writer:
            for table in filter(len, tables):
                writer.write_table(table.cast(SCHEMA), row_group_size=table.num_rows)
                rows += table.num_rows
        return rows

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them."""
        return read_table(path, columns).replace_schema_metadata(None)
