"""What formats of tokens share: a file of token ids, indices computed from it, and the documents beside it.

The ids lie back to back, little-endian, without a header, each document followed by the end token. Which document is
which stands in `<shard>.documents.arrow` (ENCODED, Arrow IPC under zstd), the same for all formats of one data set: id,
domain, copy, and how many of the tokens are its own. Two bytes a token where the vocabulary allows it, four otherwise.

Indices depend on nothing but the documents' lengths, so verifying computes them again and compares the bytes.
"""

import gzip
import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StoreError
from mixpipe.shards.formats.protocol import ShardFormat
from mixpipe.store.files import whole_file
from mixpipe.tables import ENCODED

__all__ = ["DOCUMENTS", "TokenFormat", "TokenLayout", "TokenShard", "token_dtype"]

DOCUMENTS = ".documents.arrow"
KEY = b"mixpipe.tokens"
TWO_BYTES = 1 << 16  # tokens that two bytes can tell apart


class TokenLayout(NamedTuple):
    """How tokens lie in the files of a data set.

    Attributes:
        vocabulary: number of tokens there are, added ones too.
        end: the token after each document.
        sequence_length: tokens in a sequence; None: a sequence is a document.
    """

    vocabulary: int
    end: int
    sequence_length: int | None = None


class TokenShard(NamedTuple):
    """One shard as tokens.

    Attributes:
        ids: (n_ids,) uint16 or uint32, all documents one after another.
        documents: one row per copy, in order, schema ENCODED.
        layout: of the data set.
    """

    ids: NDArray[np.unsignedinteger]
    documents: pa.Table
    layout: TokenLayout

    def written(self) -> pa.Table:
        """Return the documents that have tokens."""
        return self.documents.filter(pc.greater(self.documents["n_encoded"], 0))

    def ends(self) -> NDArray[np.int64]:
        """Return where each document that has tokens ends: (n_written,) int64, in tokens."""
        return np.cumsum(self.written()["n_encoded"].to_numpy(), dtype=np.int64)

    def sequence_lengths(self) -> NDArray[np.int64]:
        """Return the tokens of each sequence: (n_sequences,) int64."""
        if self.layout.sequence_length is None:
            return np.diff(self.ends(), prepend=0)
        count = len(self.ids) // self.layout.sequence_length
        return np.full(count, self.layout.sequence_length, np.int64)


def token_dtype(vocabulary: int, two_bytes: int = TWO_BYTES) -> np.dtype[np.unsignedinteger]:
    """Return the type of a token id: uint16 for a vocabulary of at most `two_bytes` tokens, uint32 otherwise."""
    return np.dtype("<u2" if vocabulary <= two_bytes else "<u4")


class TokenFormat(ShardFormat):
    """One shard as a file of token ids and its indices; equal shards give equal bytes.

    Formats of tokens name this class as their base. `index_files` is all that most of them add.
    """

    counted = ("id", "domain", "n_tokens", "n_encoded")
    two_bytes = TWO_BYTES
    stored = 0.5  # two bytes a token of four

    @abstractmethod
    def index_files(self, shard: TokenShard) -> Mapping[str, bytes]:
        """Return the files beside the tokens, by suffix; under gzip where the suffix ends in `.gz`."""

    def write(self, path: Path, shard: TokenShard) -> int:
        """Write one shard, whole or not at all; return the number of its documents, also of those without tokens."""
        indices = {suffix: _pressed(suffix, content) for suffix, content in self.index_files(shard).items()}
        with ExitStack() as files:
            # Renamed in reverse order, so that the index comes last and stands for the whole.
            for suffix, content in {**indices, DOCUMENTS: _documents_file(shard)}.items():
                files.enter_context(whole_file(_beside(path, suffix))).write_bytes(content)
            self.write_ids(files.enter_context(whole_file(path)), shard)
        return int(shard.documents.num_rows)

    def write_ids(self, path: Path, shard: TokenShard) -> None:
        """Write the tokens to a scratch file."""
        dtype = token_dtype(shard.layout.vocabulary, self.two_bytes)
        # Not `tofile`, which does not say that a disk is full.
        path.write_bytes(shard.ids.astype(dtype, copy=False).data)

    def offset(self, path: Path) -> int:
        """Return the bytes before the tokens in the file of tokens; most formats have none."""
        return 0

    def read(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        """Return the documents of one shard under schema ENCODED, or the given columns of them."""
        documents = _read_documents(path)
        return (documents if columns is None else documents.select(columns)).replace_schema_metadata(None)

    def load(self, path: Path) -> TokenShard:
        """Return one shard, its tokens mapped into memory.

        Raises:
            StoreError: a file is missing, or the tokens are not as many as the documents have.
        """
        documents = _read_documents(path)
        layout = TokenLayout(**json.loads(documents.schema.metadata[KEY]))
        dtype = token_dtype(layout.vocabulary, self.two_bytes)
        count, offset = pc.sum(documents["n_encoded"]).as_py() or 0, self.offset(path)
        expected = count * dtype.itemsize
        size = path.stat().st_size - offset if path.is_file() else 0
        if size != expected:
            raise StoreError(f"expected {expected:,} bytes of tokens in {path}, found {size:,}")
        ids = np.memmap(path, dtype, "r", offset) if count else np.zeros(0, dtype)
        return TokenShard(ids, documents.replace_schema_metadata(None), layout)

    def problems(self, path: Path, rows: pa.Table) -> Iterator[str]:
        """Yield whether tokens are none, documents do not end, or an index is not that of the documents."""
        try:
            shard = self.load(path)
            found = {suffix: _unpressed(_beside(path, suffix)) for suffix in self.index_files(shard)}
        except (StoreError, OSError, EOFError) as error:
            yield str(error)
            return
        if len(shard.ids) and shard.ids.max() >= shard.layout.vocabulary:
            yield f"token {shard.ids.max()} in a vocabulary of {shard.layout.vocabulary}"
        # The last document of packed sequences may be cut.
        ends = shard.ends()[: None if shard.layout.sequence_length is None else -1]
        if unended := int((shard.ids[ends - 1] != shard.layout.end).sum()):
            yield f"{unended} documents do not end in token {shard.layout.end}"
        yield from (
            f"{suffix} is not the index of these documents"
            for suffix, content in self.index_files(shard).items()
            if found[suffix] != content
        )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.partition(".")[0] + suffix)


def _documents_file(shard: TokenShard) -> bytes:
    schema = ENCODED.with_metadata({KEY: json.dumps(shard.layout._asdict())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as file:
        # One batch, so that equal documents give equal bytes however they came.
        file.write_table(shard.documents.combine_chunks().cast(schema))
    return bytes(sink.getvalue())


def _read_documents(path: Path) -> pa.Table:
    place = _beside(path, DOCUMENTS)
    try:
        with pa.OSFile(str(place)) as file:
            documents = pa.ipc.open_file(file).read_all()
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"expected the documents of {path.name} in {place}, found: {error}") from error
    if KEY not in (documents.schema.metadata or {}):
        raise StoreError(f"expected the documents of {path.name} in {place}, found another table")
    return documents


def _pressed(suffix: str, content: bytes) -> bytes:
    return gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content


def _unpressed(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
