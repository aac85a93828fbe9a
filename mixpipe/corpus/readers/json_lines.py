"""JSON lines: one object per line, `.jsonl` and `.ndjson`, packed or not.

orjson reads a line in one pass and refuses lone surrogates, invalid UTF-8, more than 1,024 levels and numbers beyond
double precision; of a key given twice the last value counts. Blank lines are no records. A line longer than the longest
document allowed is too long, whatever part of it is text.
"""

from pathlib import Path

import orjson

from mixpipe.corpus.readers.record import Reader, Records, Rejected, Row, RowGroups, Wanted
from mixpipe.corpus.readers.stream import lines, text_blocks

__all__ = ["READER", "parsed"]

# what orjson says, and the stable reason it stands for
REASONS = {
    "surrogate in string": "lone-surrogate",
    "not valid UTF-8": "invalid-utf8",
    "depth limit": "nested-too-deep",
    "infinity when parsed": "number-out-of-range",
}


def parsed(kind: str, number: int, data: bytes) -> Row | Rejected:
    """Return the row that one JSON value is, or why it is none."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return Rejected(f"{kind} {number}", _reason(error.msg, data), error.msg)
    if not isinstance(value, dict):
        return Rejected(f"{kind} {number}", "not-an-object", f"expected an object, found {type(value).__name__}")
    return Row(kind, number, value)


def _reason(message: str, data: bytes) -> str:
    if b"\0" in data:
        return "nul-bytes"
    return next((reason for words, reason in REASONS.items() if words in message), "invalid-json")


def _recognises(head: bytes) -> bool:
    first, newline, _ = head.lstrip().partition(b"\n")
    return first.startswith(b"{") and (not newline or first.rstrip().endswith(b"}"))


def _read(path: Path, wanted: Wanted, row_groups: RowGroups | None) -> Records:
    for number, line in lines(text_blocks(path), wanted.max_bytes):
        if line is None:
            yield Rejected(f"line {number}", "too-long", f"more than {wanted.max_bytes} bytes")
        elif line and not line.isspace():
            yield parsed("line", number, line)


READER = Reader(frozenset({".jsonl", ".ndjson", ".json"}), _recognises, _read)
