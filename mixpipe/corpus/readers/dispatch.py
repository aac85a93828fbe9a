"""Which reader gets a file, and what becomes of files that cannot be read: a line of the quarantine, never an end.

The name says what a file should hold, its first bytes how it is packed: a `.jsonl` may be gzip, a `.gz` may be plain.
Names without a known suffix go by their first bytes.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mixpipe.corpus.readers import READERS
from mixpipe.corpus.readers.record import (
    WHOLE_FILE,
    DamageError,
    Reader,
    Records,
    Rejected,
    RowGroups,
    Wanted,
)
from mixpipe.corpus.readers.stream import BOM, HEAD_BYTES, blocks
from mixpipe.registry import load_plugin

__all__ = ["read_file", "reader_by_suffix", "suffix_of"]

PACKED = (".gz", ".zst", ".zstd")


@cache
def _readers() -> tuple[Reader, ...]:
    return tuple(load_plugin(READERS, name, "format") for name in READERS)


def suffix_of(name: str) -> str:
    """Return the suffix that names the format, lower case, a compression suffix left out."""
    path = Path(name.lower())
    return path.with_suffix("").suffix if path.suffix in PACKED else path.suffix


def reader_by_suffix(name: str) -> Reader | None:
    """Return the first reader that claims a file's suffix."""
    suffix = suffix_of(name)
    return next((reader for reader in _readers() if suffix in reader.suffixes), None)


def read_file(path: Path, wanted: Wanted, row_groups: RowGroups | None = None) -> Records:
    """Yield every record of a file; one that cannot be read (further) ends with a `Rejected` for the whole file."""
    try:
        yield from _reader(path).read(path, wanted, row_groups)
    except DamageError as error:
        yield Rejected(WHOLE_FILE, error.reason, error.detail)
    except OSError as error:
        yield Rejected(WHOLE_FILE, "unreadable", error.strerror or str(error))


def _reader(path: Path) -> Reader:
    head = _head(blocks(path))
    if not head:
        raise DamageError("empty-file", "0 bytes")
    claiming = [reader for reader in _readers() if suffix_of(path.name) in reader.suffixes]
    fitting = [reader for reader in claiming or _readers() if reader.recognises(head)]
    if not (fitting or claiming):
        raise DamageError("unknown-format", "expected JSON, Parquet, Arrow, or text under a known suffix")
    return (fitting or claiming)[0]


def _head(stream: Iterator[bytes]) -> bytes:
    return next(stream, b"").removeprefix(BOM)[:HEAD_BYTES]
