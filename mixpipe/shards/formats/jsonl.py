"""JSON lines in zstd, the form that every tool reads: `{"id", "text", "meta": {...}}`, one document a line.

Independent frames of about 64 MiB of text each, with checksums, so that tools can start in the middle and damage is
found. Frames are cut by bytes and not by how the rows came, so equal rows give equal files.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import zstandard

from mixpipe.errors import StoreError
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.store.files import whole_file
from mixpipe.tables import SHARDS

__all__ = ["JsonLines"]

FRAME_BYTES = 64 << 20
LEVEL = 3
BATCH_ROWS = 1024  # that are Python objects at a time
TOP = ("id", "text")  # the rest lies in `meta`


class JsonLines(DocumentFormat):
    """One shard as one `.jsonl.zst` file."""

    suffix = ".jsonl.zst"
    stored = 0.4

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another; return the number of rows."""
        compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        rows, frame = 0, bytearray()
        with whole_file(path) as scratch, scratch.open("wb") as file:
            for table in tables:
                for line in _lines(table):
                    frame += line
                    rows += 1
                    if len(frame) >= FRAME_BYTES:
                        file.write(compressor.compress(frame))
                        frame.clear()
            if frame or not rows:
                file.write(compressor.compress(frame))
        return rows

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them."""
        schema = SHARDS if columns is None else pa.schema([SHARDS.field(name) for name in columns])
        try:
            tables = [_table(frame, schema) for frame in _frames(path.read_bytes())]
        except (OSError, ValueError, KeyError, pa.ArrowException, zstandard.ZstdError) as error:
            raise StoreError(f"expected JSON lines in whole zstd frames in {path}, found: {error}") from error
        return pa.concat_tables([schema.empty_table(), *tables])


def _lines(table: pa.Table) -> Iterator[bytes]:
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        for row in batch.to_pylist():
            record = {"id": row.pop("id"), "text": row.pop("text"), "meta": row}
            yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _frames(data: bytes) -> Iterator[bytes]:
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        text = frame.decompress(data)
        if not frame.eof:
            raise ValueError("a frame that ends early")
        yield text
        data = frame.unused_data


def _table(frame: bytes, schema: pa.Schema) -> pa.Table:
    wanted = [(name, name in TOP) for name in schema.names]
    rows = [
        [record[name] if on_top else record["meta"][name] for name, on_top in wanted]
        for record in map(orjson.loads, frame.split(b"\n")[:-1])
    ]
    return pa.table([list(column) for column in zip(*rows, strict=True)] or [[] for _ in wanted], schema=schema)
