"""WebDataset: a tar file of `<key>.txt` and `<key>.json`, the members of a document side by side.

The key is the row in the shard and the document's id, without a dot. Times, owners and modes are fixed, so that equal
rows give equal files; USTAR headers, which every reader knows.
"""

import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StoreError
from mixpipe.shards.formats.byte_columns import BYTES, byte_lengths, fixed_bytes, joined
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.store.files import whole_file
from mixpipe.tables import SHARDS

__all__ = ["WebDataset"]

BATCH_ROWS = 1024
END = 2 * tarfile.BLOCKSIZE  # of zeros
# The fields of a header that differ from member to member (POSIX.1-1988, ustar); the rest is what `tarfile` writes.
SIZE, CHECKSUM = slice(124, 135), slice(148, 154)
HEADER = np.frombuffer(tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT), np.uint8).copy()
HEADER[148:156] = ord(" ")  # as the checksum is taken, before it stands there itself


class WebDataset(DocumentFormat):
    """One shard as one `.tar` file."""

    suffix = ".tar"

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another; return the number of rows."""
        rows = size = 0
        with whole_file(path) as scratch, scratch.open("wb") as file:
            for table in tables:
                for batch in table.to_batches(max_chunksize=BATCH_ROWS):
                    size += file.write(_members(batch, rows))
                    rows += batch.num_rows
            # Two blocks of zeros end an archive, which is whole records long.
            file.write(bytes(END + -(size + END) % tarfile.RECORDSIZE))
        return rows

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them."""
        schema = SHARDS if columns is None else pa.schema([SHARDS.field(name) for name in columns])
        try:
            data = path.read_bytes()
            if data[-END:] != bytes(END) or len(data) % tarfile.RECORDSIZE:
                raise ValueError("no end of archive")  # cut between members, it would read like a shorter one
            rows = list(_rows(data, schema))
        except (OSError, ValueError, KeyError, tarfile.TarError, pa.ArrowException) as error:
            raise StoreError(f"expected a whole tar of .txt and .json members in {path}, found: {error}") from error
        return pa.Table.from_pylist(rows, schema)


def _members(batch: pa.RecordBatch, first_row: int) -> memoryview:
    """Return the members of some rows, as `tarfile` writes them."""
    keys = [f"{row:08d}-{name}" for row, name in enumerate(batch["id"].to_pylist(), first_row)]
    records = [orjson.dumps(row) for row in batch.drop_columns(["text"]).to_pylist()]
    texts = _member([f"{key}.txt" for key in keys], batch["text"].cast(BYTES))
    return joined(*texts, *_member([f"{key}.json" for key in keys], pa.array(records, BYTES)))[0]


def _member(names: list[str], content: pa.LargeBinaryArray) -> list[pa.LargeBinaryArray]:
    """Return the headers, the content and the zeros after it, which fill the last block: (n_members,) each."""
    sizes = byte_lengths(content)
    headers = np.tile(HEADER, (len(names), 1))
    named = np.array([name.encode("utf-8") for name in names])
    if named.itemsize > tarfile.LENGTH_NAME:
        raise StoreError(
            f"expected names of members of {tarfile.LENGTH_NAME} bytes at most, found {max(names, key=len)}"
        )
    headers[:, : named.itemsize] = named.view(np.uint8).reshape(len(names), -1)
    headers[:, SIZE] = _octal(sizes, 11)
    headers[:, CHECKSUM] = _octal(headers.sum(axis=1, dtype=np.int64), 6)
    headers[:, CHECKSUM.stop] = 0
    zeros = pc.binary_repeat(pa.scalar(b"\0", BYTES), pa.array(-sizes % tarfile.BLOCKSIZE))
    return [fixed_bytes(headers), content, zeros]


def _octal(numbers: NDArray[np.integer], digits: int) -> NDArray[np.uint8]:
    """Return numbers in octal digits, ASCII: (n_numbers, digits)."""
    return ((numbers[:, None] >> 3 * np.arange(digits)[::-1]) % 8 + ord("0")).astype(np.uint8)


def _rows(data: bytes, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    """Yield the rows; texts are decoded only where they are asked for."""
    text = ""
    with tarfile.open(fileobj=BytesIO(data), mode="r:") as file:
        for member in file:
            if not member.isfile():
                raise ValueError(f"{member.name}, which is no file")
            content = data[member.offset_data : member.offset_data + member.size]
            if member.name.endswith(".txt"):
                text = content.decode("utf-8") if "text" in schema.names else ""
                continue
            record = {**orjson.loads(content), "text": text}
            yield {name: record[name] for name in schema.names}
