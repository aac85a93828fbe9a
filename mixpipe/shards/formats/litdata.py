"""litdata's own chunks of tokens, written by litdata itself (extra `mixpipe[litdata]`): what LitGPT trains from.

One chunk per shard and one `index.json` per folder, for `StreamingDataset(..., item_loader=TokensLoader(block_size))`.
An item is a document or, with a sequence length, a sequence; readers cut blocks across items, inside a chunk only. A
chunk is a uint32 count, count + 1 uint32 places, and the tokens: torch.uint16, or int32 above 65,536 tokens. Unlike
litdata's own writing the index has no time, so that equal shards give equal bytes. Writing holds a shard's tokens
three times.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StoreError
from mixpipe.shards.formats.tokens import DOCUMENTS, TokenFormat, TokenLayout, TokenShard, token_dtype
from mixpipe.store.fingerprint import Json

__all__ = ["LitData"]

LARGEST = (1 << 32) - 1  # bytes of a chunk: its places are 32 bits


class LitData(TokenFormat):
    """One shard as one chunk."""

    suffix = ".litdata"
    beside = (DOCUMENTS,)

    def check_library(self) -> None:
        """Check that litdata is installed."""
        if find_spec("litdata") is None:
            raise ConfigError(
                "expected the package litdata for the format litdata (shards.formats), found none; "
                "pip install 'mixpipe[litdata]'"
            )

    def index_files(self, shard: TokenShard) -> Mapping[str, bytes]:
        """Return nothing: the index is one for all shards."""
        return {}

    def write_ids(self, path: Path, shard: TokenShard) -> None:
        """Write a chunk.

        Raises:
            ConfigError: litdata is not installed.
            StoreError: the shard is larger than 32-bit places reach.
        """
        head, dtype = _head(shard), token_dtype(shard.layout.vocabulary)
        if head[-1] > LARGEST:
            raise StoreError(f"expected less than 4 GiB in {path}, found {head[-1]:,} bytes; lower shards.shard_mib")
        if len(head) == 2:  # litdata writes no chunk without items
            path.write_bytes(head.astype("<u4").tobytes())
            return
        with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
            writer = self._writer(folder)
            for number, tokens in enumerate(np.split(shard.ids, shard.sequence_lengths().cumsum()[:-1])):
                writer.add_item(number, _tensor(tokens, dtype))
            (chunk,) = writer.done()
            Path(chunk).replace(path)

    def offset(self, path: Path) -> int:
        """Return the bytes of the count and the places."""
        with suppress(OSError), path.open("rb") as file:
            return 4 * (int.from_bytes(file.read(4), "little") + 2)
        return 0

    def problems(self, path: Path, rows: pa.Table) -> Iterator[str]:
        """Yield whether the places are those of the documents, beside what is checked of all tokens."""
        found = list(super().problems(path, rows))
        yield from found
        if not found and not np.array_equal(np.fromfile(path, "<u4", self.offset(path) // 4), _head(self.load(path))):
            yield "the places before the tokens are not those of these documents"

    def index(self, paths: Sequence[Path]) -> Mapping[str, dict[str, Json]]:
        """Return `index.json`, which lists the chunks of one folder that have tokens."""
        shards = {path: self.load(path) for path in paths}
        chunks: list[Json] = [
            {
                "chunk_bytes": path.stat().st_size,
                "chunk_size": len(shard.sequence_lengths()),
                "dim": len(shard.ids),
                "filename": path.name,
            }
            for path, shard in shards.items()
            if len(shard.ids)
        ]
        layouts = [shard.layout for shard in shards.values()]
        return {"index.json": {"chunks": chunks, "config": self._config(layouts[0]) if layouts else None}}

    def _config(self, layout: TokenLayout) -> Json:
        """Return how litdata describes items of this type."""
        with TemporaryDirectory() as folder:
            writer = self._writer(folder)
            writer.add_item(0, _tensor(np.array([layout.end]), token_dtype(layout.vocabulary)))
            config: Json = writer.get_config()
        return config

    def _writer(self, folder: str) -> Any:  # noqa: ANN401  an optional library's class
        """Return a writer of chunks of any size; imported here, because it takes two seconds."""
        self.check_library()
        loader = import_module("litdata.streaming.item_loader").TokensLoader()
        return import_module("litdata.streaming.writer").BinaryWriter(folder, chunk_bytes=LARGEST, item_loader=loader)


def _head(shard: TokenShard) -> NDArray[np.int64]:
    """Return the number of items and where each begins and the last ends, in bytes: (n_items + 2,) int64."""
    lengths = shard.sequence_lengths()
    size = token_dtype(shard.layout.vocabulary).itemsize
    places = 4 * (len(lengths) + 2) + size * np.cumsum(np.concatenate([[0], lengths]), dtype=np.int64)
    return np.concatenate([[len(lengths)], places])


def _tensor(tokens: NDArray[np.integer], dtype: np.dtype[np.unsignedinteger]) -> Any:  # noqa: ANN401  torch's
    """Return tokens in a type that litdata has: no uint32."""
    return import_module("torch").from_numpy(tokens.astype("<u2" if dtype.itemsize == 2 else "<i4"))
