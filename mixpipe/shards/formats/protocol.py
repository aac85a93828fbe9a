"""What a shard format is: how one shard's rows become a file, and what lists the files of a whole set."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mixpipe.store.fingerprint import Json

__all__ = ["ShardFormat"]


class ShardFormat(Protocol):
    """Writes and reads one shard; equal rows give equal bytes, however they are divided into tables.

    Formats name this class as their base.
    """

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

    def index(self, paths: Sequence[Path]) -> Mapping[str, Json]:
        """Return further files of the shards' folder, JSON by name, that its readers need; most need none.

        Args:
            paths: of all shards, in order.
        """
        return {}
