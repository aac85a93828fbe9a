"""What a shard format is: how one shard's rows become files, and what lists the files of a whole set.

There are formats of documents, written from the rows themselves, and formats of tokens (see `tokens.py`). All of them
give back the rows, so that explaining and verifying never ask which kind it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mixpipe.store.fingerprint import Json, text_id

__all__ = ["DocumentFormat", "ShardFormat"]


class ShardFormat(Protocol):
    """Reads one shard.

    Attributes:
        suffix: of the file that stands for the shard.
        beside: suffixes of its further files.
        loads: `datasets.load_dataset` reads it.
        stored: bytes on disk per byte of text, for the forecast.
        counted: the columns that say what was written, by which shards are counted.
        checked: further columns that `problems` looks at.
    """

    suffix: str
    beside: tuple[str, ...] = ()
    loads: bool = False
    stored: float = 1.0
    counted: tuple[str, ...] = ("id", "domain", "n_tokens")
    checked: tuple[str, ...] = ()

    def check_library(self) -> None:
        """Check that what writes this format is installed; most need no more than mixpipe does.

        Raises:
            ConfigError: it is not; the message names the extra.
        """

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them.

        Raises:
            StoreError: the file is missing or damaged.
        """
        ...

    def problems(self, path: Path, rows: pa.Table) -> Iterator[str]:
        """Yield what is wrong within one shard.

        Args:
            path: of the shard.
            rows: of it, columns `counted` and `checked`.
        """
        ...

    def index(self, paths: Sequence[Path]) -> Mapping[str, dict[str, Json]]:
        """Return further files of the shards' folder, JSON objects by name, that its readers need; most need none.

        Readers of several formats may look for one name: it then holds the keys of all of them, which must differ.

        Args:
            paths: of all shards of the folder, in order.
        """
        return {}


class DocumentFormat(ShardFormat, Protocol):
    """Writes texts; equal rows give equal bytes, however they are divided into tables.

    Formats of documents name this class as their base; they read what they wrote, under schema SHARDS.
    """

    loads: bool = True
    checked: tuple[str, ...] = ("text",)

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another, whole or not at all; return the number of rows."""
        ...

    def problems(self, path: Path, rows: pa.Table) -> Iterator[str]:
        """Yield whether texts are not those of their ids."""
        ids = rows["id"].to_pylist()
        wrong = [row for row, text in enumerate(rows["text"].to_pylist()) if text_id(text) != ids[row]]
        if wrong:
            yield f"the text of {len(wrong)} rows is not that of their id, first row {wrong[0]} ({ids[wrong[0]]})"
