"""JSON in one piece: an array of objects, or objects written one after the other over many lines (`.json`).

The values are found by following brackets and strings, so that an array of any length is read one item at a time.
Choice: an item longer than the longest document allowed ends the file there, because where it ends is not known without
reading on; the file is reported.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mixpipe.corpus.readers.json_lines import parsed
from mixpipe.corpus.readers.record import DamageError, Reader, Records, RowGroups, Wanted
from mixpipe.corpus.readers.stream import text_blocks

__all__ = ["READER"]

# a whole string; a bracket; a number or word; the quote of a string that is not whole yet
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s,:\[\]{}"]+|"', re.DOTALL)
OPENING, CLOSING = (b"[", b"{"), (b"]", b"}")


def values(stream: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Yield the bytes of every value of a JSON array, or of every value when there is no array around them.

    Raises:
        DamageError: a value is longer than `limit` bytes, or the file ends inside one.
    """
    scan = _Scan()
    for block in stream:
        scan.buffer += block
        yield from scan.values(last=False)
        if len(scan.buffer) > limit:
            raise DamageError("too-long", f"an item of more than {limit} bytes; it and what follows was not read")
    yield from scan.values(last=True)
    if scan.depth:
        raise DamageError("invalid-json", "the file ends inside a value; what came before was kept")


class _Scan:
    """Where the scan of a growing buffer stands."""

    def __init__(self) -> None:
        self.buffer = b""
        self.base: int | None = None  # depth of the values: 1 inside an array, else 0
        self.depth = 0
        self.start = 0  # of the value being read
        self.next = 0  # byte to scan from

    def values(self, *, last: bool) -> Iterator[bytes]:
        """Yield the values that are whole; keep the rest of the buffer."""
        self.start = self.start if self._inside else self.next
        for match in TOKEN.finditer(self.buffer, self.next):
            if match.group() == b'"' or (match.end() == len(self.buffer) and not last):
                break  # a string that is not whole yet, or a token that may go on
            self.next = match.end()
            if (value := self._value(match)) is not None:
                yield value
        kept = self.start if self._inside else self.next
        self.buffer, self.next, self.start = self.buffer[kept:], self.next - kept, 0

    @property
    def _inside(self) -> bool:
        return self.base is not None and self.depth > self.base

    def _value(self, match: re.Match[bytes]) -> bytes | None:
        token = match.group()
        if self.base is None:
            self.base = 1 if token == b"[" else 0
        if not self._inside:
            self.start = match.start()
        self.depth += (token in OPENING) - (token in CLOSING)
        opened_array = self.base == 1 and self.depth == 1 and token == b"["
        if self._inside or opened_array or self.depth < self.base:
            return None
        return self.buffer[self.start : self.next]


def _read(path: Path, wanted: Wanted, row_groups: RowGroups | None) -> Records:
    for number, value in enumerate(values(text_blocks(path), wanted.max_bytes), 1):
        yield parsed("item", number, value)


READER = Reader(frozenset({".json"}), lambda head: head.lstrip()[:1] in (b"[", b"{"), _read)
