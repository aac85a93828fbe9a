"""WebDataset: a tar file of `<key>.txt` and `<key>.json`, the members of a document side by side.

The key is the row in the shard and the document's id, without a dot. Times, owners and modes are fixed, so that equal
rows give equal files; USTAR headers, which every reader knows.
"""

import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from mixpipe.errors import StoreError
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.store.files import whole_file
from mixpipe.tables import SHARDS

__all__ = ["WebDataset"]


class WebDataset(DocumentFormat):
    """One shard as one `.tar` file."""

    suffix = ".tar"

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another; return the number of rows."""
        rows = 0
        with whole_file(path) as scratch, tarfile.open(scratch, "w", format=tarfile.USTAR_FORMAT) as file:
            for table in tables:
                for row in table.to_pylist():
                    key = f"{rows:08d}-{row['id']}"
                    text = row.pop("text").encode("utf-8")
                    for name, content in ((f"{key}.txt", text), (f"{key}.json", orjson.dumps(row))):
                        file.addfile(_member(name, len(content)), BytesIO(content))
                    rows += 1
        return rows

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them."""
        schema = SHARDS if columns is None else pa.schema([SHARDS.field(name) for name in columns])
        try:
            with tarfile.open(path, "r:") as file:
                rows = list(_rows(file, schema))
            _check_end(path)
        except (OSError, ValueError, KeyError, tarfile.TarError, pa.ArrowException) as error:
            raise StoreError(f"expected a whole tar of .txt and .json members in {path}, found: {error}") from error
        return pa.Table.from_pylist(rows, schema)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def _rows(file: tarfile.TarFile, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    """Yield the rows; texts are read only where they are asked for."""
    text = ""
    for member in file:
        content = file.extractfile(member)
        if content is None:
            raise ValueError(f"{member.name}, which is no file")
        if member.name.endswith(".txt"):
            text = content.read().decode("utf-8") if "text" in schema.names else ""
            continue
        record = {**orjson.loads(content.read()), "text": text}
        yield {name: record[name] for name in schema.names}


def _check_end(path: Path) -> None:
    """Check for the two blocks of zeros that end a tar: a file cut between members reads like a shorter one."""
    with path.open("rb") as file:
        file.seek(-min(2 * tarfile.BLOCKSIZE, path.stat().st_size), 2)
        if file.read() != bytes(2 * tarfile.BLOCKSIZE) or path.stat().st_size % tarfile.RECORDSIZE:
            raise ValueError("no end of archive")
