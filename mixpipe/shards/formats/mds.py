"""MDS version 2, MosaicML's: documents with an offset table before them, and one `index.json` for all shards.

A shard is `uint32 n`, `uint32 offsets[n + 1]` from the file's start, the columns as JSON with sorted keys, then the
documents: the lengths of the columns of variable size, then the columns, in the order of their names. Offsets are 32
bits, so a shard of 4 GiB is refused. No compression: hashes of whole files stand in the manifest. A score that is
not known is NaN, for a column has no nulls.
"""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.errors import StoreError
from mixpipe.shards.formats.byte_columns import BYTES, byte_lengths, fixed_bytes, joined
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.store.files import whole_file
from mixpipe.store.fingerprint import Json
from mixpipe.tables import SHARDS

__all__ = ["Mds"]

SIZE_LIMIT = 1 << 26  # what a writer of the library would record; read back, never enforced by a reader
LARGEST = (1 << 32) - 1
SCALARS = {pa.int32(): "int32", pa.int64(): "int", pa.float32(): "float32"}
NUMBERS = {"int32": "<i4", "int": "<i8", "float32": "<f4"}
COLUMNS = sorted(SHARDS.names)
ENCODINGS = [SCALARS.get(SHARDS.field(name).type, "str") for name in COLUMNS]
SIZES = [None if encoding == "str" else np.dtype(NUMBERS[encoding]).itemsize for encoding in ENCODINGS]
LAYOUT: dict[str, Json] = {
    "column_encodings": list[Json](ENCODINGS),
    "column_names": list[Json](COLUMNS),
    "column_sizes": list[Json](SIZES),
    "compression": None,
    "format": "mds",
    "hashes": [],
    "size_limit": SIZE_LIMIT,
    "version": 2,
}
VARIABLE = [name for name, size in zip(COLUMNS, SIZES, strict=True) if size is None]


class Mds(DocumentFormat):
    """One shard as one `.mds` file."""

    suffix = ".mds"
    loads = False

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another; return the number of rows.

        Raises:
            StoreError: the shard is larger than 32-bit offsets reach.
        """
        blocks = [_encoded(batch) for table in tables for batch in table.select(COLUMNS).to_batches()]
        lengths = np.concatenate([np.zeros(1, np.int64), *(lengths for _, lengths in blocks)])
        rows, head = len(lengths) - 1, json.dumps(LAYOUT, sort_keys=True).encode("utf-8")
        offsets = 4 * (rows + 2) + len(head) + np.cumsum(lengths)
        if offsets[-1] > LARGEST:
            raise StoreError(f"expected less than 4 GiB in {path}, found {offsets[-1]:,} bytes; lower shards.shard_mib")
        with whole_file(path) as scratch, scratch.open("wb") as file:
            file.write(struct.pack("<I", rows) + offsets.astype("<u4").tobytes() + head)
            file.writelines(documents for documents, _ in blocks)
        return rows

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them."""
        schema = SHARDS if columns is None else pa.schema([SHARDS.field(name) for name in columns])
        try:
            data = path.read_bytes()
            (count,) = struct.unpack_from("<I", data)
            offsets = np.frombuffer(data, "<u4", count + 1, 4)
            if offsets[-1] != len(data):
                raise ValueError(f"{len(data):,} bytes where the offsets end at {offsets[-1]:,}")
            return pa.table(_decoded(data, offsets[:-1].astype(np.int64), schema.names), schema)
        except (OSError, ValueError, IndexError, struct.error, pa.ArrowException) as error:
            raise StoreError(f"expected an MDS shard in {path}, found: {error}") from error

    def index(self, paths: Sequence[Path]) -> Mapping[str, dict[str, Json]]:
        """Return `index.json`, which lists the shards of one folder."""
        return {"index.json": {"version": 2, "shards": [_entry(path) for path in paths]}}


def _encoded(batch: pa.RecordBatch) -> tuple[memoryview, NDArray[np.int64]]:
    """Return the documents of a batch of COLUMNS one after another, and the bytes of each: (n_rows,)."""
    columns = [_column(column, encoding) for column, encoding in zip(batch.columns, ENCODINGS, strict=True)]
    variable = [byte_lengths(column) for column, size in zip(columns, SIZES, strict=True) if size is None]
    return joined(fixed_bytes(np.stack(variable, axis=1).astype("<u4")), *columns)


def _column(column: pa.Array, encoding: str) -> pa.LargeBinaryArray:
    if encoding == "str":
        return column.cast(BYTES)
    return fixed_bytes(column.to_numpy(zero_copy_only=False).astype(NUMBERS[encoding], copy=False))


def _decoded(data: bytes, places: NDArray[np.int64], names: list[str]) -> dict[str, pa.Array]:
    """Return columns of the documents that begin at some places: (n_rows,)."""
    lengths = dict(
        zip(VARIABLE, _gathered(data, places, 4 * len(VARIABLE)).view("<u4").T.astype(np.int64), strict=True)
    )
    places, found = places + 4 * len(VARIABLE), {}
    for name, encoding, size in zip(COLUMNS, ENCODINGS, SIZES, strict=True):
        ends = places + (lengths[name] if size is None else size)
        if name in names and size is None:
            pieces = zip(places.tolist(), ends.tolist(), strict=True)
            found[name] = pa.array([str(data[start:end], encoding="utf-8") for start, end in pieces], pa.string())
        elif name in names and size is not None:
            found[name] = pa.array(_gathered(data, places, size).view(NUMBERS[encoding])[:, 0], from_pandas=True)
        places = ends
    return found


def _gathered(data: bytes, places: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Return some bytes from every place on: (n_places, size)."""
    found: NDArray[np.uint8] = np.frombuffer(data, np.uint8)[places[:, None] + np.arange(size)]
    return found


def _entry(path: Path) -> dict[str, Json]:
    with path.open("rb") as file:
        (samples,) = struct.unpack("<I", file.read(4))
    raw: dict[str, Json] = {"basename": path.name, "bytes": path.stat().st_size, "hashes": {}}
    return {**LAYOUT, "raw_data": raw, "samples": samples, "zip_data": None}
