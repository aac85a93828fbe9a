"""Registry of shard formats: how one shard's rows become a file.

Adding a format is one file beside this one and one line here; tests/contracts/test_formats.py picks it up.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mixpipe.registry import load_plugin

__all__ = ["FORMATS", "ShardFormat", "load_format"]

FORMATS = {
    "parquet": "mixpipe.shards.formats.parquet:Parquet",
}


class ShardFormat(Protocol):
    """Writes and reads one shard; equal rows in equal tables give equal bytes."""

    suffix: str

    def write(self, path: Path, tables: Iterable[pa.Table]) -> int:
        """Write tables of schema SHARDS one after another, whole or not at all; return the number of rows."""
        ...

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the rows of one shard, or the given columns of them, under schema SHARDS.

        Raises:
            StoreError: the file is missing or damaged.
        """
        ...


def load_format(name: str) -> ShardFormat:
    """Return the format of that name.

    Raises:
        ConfigError: there is no such format; the message lists those there are.
    """
    chosen: ShardFormat = load_plugin(FORMATS, name, "format")()
    return chosen
