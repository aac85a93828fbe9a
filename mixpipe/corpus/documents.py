"""When a record is a document: the rules that are the same for every format.

Text is a string of valid UTF-8 with something other than white space in it, no longer than allowed. Where asked,
personal data in it are masked, and all that follows sees the masked text. The id is the hash of the text; the input's
own id goes to `meta`, and may be missing or used twice. `source` is the mapped column, else the file's name; for a file
that is one document it is the first folder of its name, so that a source tree has as many sources as it has folders at
the top, and `files` when it has none.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import orjson

from mixpipe.corpus.readers.record import WHOLE_FILE, Rejected, Row, Wanted
from mixpipe.personal_data import Masked, masked
from mixpipe.store.fingerprint import text_id

__all__ = ["Document", "document"]

FOLDERLESS = "files"
ZERO_WIDTH_SPACE = "\u200b"  # white space to a reader, though not to str.isspace


class Document(NamedTuple):
    """One document of the corpus; the fields in the order of a piece's columns, then what was masked in it."""

    id: str
    text: str
    source: str
    n_bytes: int
    meta: str
    domain: str | None
    vector: list[float] | None
    masked: Mapping[str, int]


def document(row: Row, wanted: Wanted, file: str) -> Document | Rejected:
    """Return the document that a row of `file` is, or why it is none."""
    text = _text(row, wanted)
    if isinstance(text, Rejected):
        return text
    domain = _domain(row, wanted) if wanted.domain else None
    vector = _vector(row, wanted) if wanted.embedding else None
    if isinstance(domain, Rejected) or isinstance(vector, Rejected):
        return domain if isinstance(domain, Rejected) else vector  # type: ignore[return-value]  # one of them is
    try:
        source = _source(row, wanted, file)
        meta = _meta(row, wanted, file)
    except orjson.JSONEncodeError as error:  # it writes 254 levels, where it reads 1,024
        return Rejected(row.position, "nested-too-deep", f"{error} in a column to carry")
    text, counts = masked(text) if wanted.mask else Masked(text, Counter())
    return Document(
        id=text_id(text),
        text=text,
        source=source,
        n_bytes=len(text.encode("utf-8")),
        meta=meta,
        domain=domain,
        vector=vector,
        masked=counts,
    )


def _text(row: Row, wanted: Wanted) -> str | Rejected:
    """Return the text of a row."""
    value = row.values.get(wanted.text)
    if value is None:
        return Rejected(row.position, "missing-text", f"no value under {wanted.text!r}")
    if not isinstance(value, str | bytes):
        return Rejected(row.position, "text-not-string", f"expected text under {wanted.text!r}, found {_kind(value)}")
    if isinstance(value, str):
        size = len(value) if value.isascii() else len(value.encode("utf-8"))
    else:
        size = len(value)
    if size > wanted.max_bytes:
        return Rejected(row.position, "too-long", f"{size} bytes, more than {wanted.max_bytes}")
    try:
        text = value if isinstance(value, str) else value.decode("utf-8")
    except UnicodeDecodeError as error:
        return Rejected(row.position, "invalid-utf8", f"byte {error.start}: {error.reason}")
    if not text.strip().strip(ZERO_WIDTH_SPACE).strip():
        return Rejected(row.position, "empty-text", "nothing but white space")
    return text


def _source(row: Row, wanted: Wanted, file: str) -> str:
    value = row.values.get(wanted.source) if wanted.source else None
    if isinstance(value, str) and value:
        return value
    if value is not None and value != "":
        return orjson.dumps(value, default=str).decode("utf-8")
    if row.kind != WHOLE_FILE:
        return file
    folder, slash, _ = file.partition("/")
    return folder if slash else FOLDERLESS


def _meta(row: Row, wanted: Wanted, file: str) -> str:
    """Return the input's own id and the columns to carry, as JSON; of a file that is one document, its name."""
    if row.kind == WHOLE_FILE:
        return orjson.dumps({"id": file}).decode("utf-8")
    carried = {name: row.values[name] for name in wanted.meta if row.values.get(name) is not None}
    if wanted.id and row.values.get(wanted.id) is not None:
        carried["id"] = row.values[wanted.id]
    return orjson.dumps(carried, default=str, option=orjson.OPT_SORT_KEYS).decode("utf-8")


def _domain(row: Row, wanted: Wanted) -> str | Rejected:
    value = row.values.get(wanted.domain or "")
    if isinstance(value, str | int) and value != "":
        return str(value)
    return Rejected(row.position, "missing-domain", f"expected a domain under {wanted.domain!r}, found {_kind(value)}")


def _vector(row: Row, wanted: Wanted) -> list[float] | Rejected:
    value = row.values.get(wanted.embedding or "")
    if isinstance(value, list) and value and all(isinstance(x, int | float) and math.isfinite(x) for x in value):
        return [float(x) for x in value]
    detail = f"expected a list of finite numbers under {wanted.embedding!r}, found {_kind(value)}"
    return Rejected(row.position, "bad-embedding", detail)


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
