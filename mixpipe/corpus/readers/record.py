"""What a reader is, what it is asked for and what it gives: rows, and records it could not read.

A reader knows one format. It yields a `Row` per record, a `Rejected` per record that is not one, and raises
`DamageError` when the file cannot be read further; what was yielded before stays. Formats that check themselves as a
whole (Parquet, Arrow) yield nothing of a damaged file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from mixpipe.errors import InputError

__all__ = ["WHOLE_FILE", "DamageError", "Reader", "Records", "Rejected", "Row", "RowGroups", "Wanted"]

WHOLE_FILE = "file"

RowGroups: TypeAlias = tuple[int, int]  # first and last + 1 row group of a large Parquet file


class Row(NamedTuple):
    """One record: the columns asked for that it has, and where it stands in its file."""

    kind: str  # `line`, `row`, `item`, or `file` for a file that is one document
    number: int  # from 1; 0 for a whole file
    values: Mapping[str, object]

    @property
    def position(self) -> str:
        """Where it stands, for people: `line 12`, or `file`."""
        return f"{self.kind} {self.number}" if self.number else self.kind


class Rejected(NamedTuple):
    """One record, or a whole file, that goes to the quarantine."""

    position: str
    reason: str  # a short stable code
    detail: str


Records: TypeAlias = Iterator[Row | Rejected]


@dataclass(frozen=True)
class Wanted:
    """The columns asked for, by the names they have in the input, the longest document allowed, whether to mask."""

    text: str
    id: str | None = None
    source: str | None = None
    domain: str | None = None
    embedding: str | None = None
    meta: tuple[str, ...] = ()
    max_bytes: int = 16 << 20
    mask: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All names, each once."""
        named = (self.text, self.id, self.source, self.domain, self.embedding, *self.meta)
        return tuple(dict.fromkeys(name for name in named if name))


class DamageError(InputError):
    """A file cannot be read (further); becomes one line of the quarantine."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the stable code `reason` and what was found."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        suffixes: names that promise this format, lower case, without a compression suffix.
        recognises: tells whether a file begins like this format, given up to 4 KiB after decompression.
        read: yields the records of a file, of the given row groups only where the format has them.
        split: lists row-group ranges of about so many bytes of text, for formats that have row groups.
    """

    suffixes: frozenset[str]
    recognises: Callable[[bytes], bool]
    read: Callable[[Path, Wanted, RowGroups | None], Records]
    split: Callable[[Path, int], list[RowGroups]] | None = None
