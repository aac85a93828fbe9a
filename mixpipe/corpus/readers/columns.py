"""Rows from Arrow record batches, for every columnar format.

The text column is taken as bytes, so that one invalid UTF-8 value costs one document and not its file. A damaged file
gives nothing: `checked_batches` reads everything once before the first row is given, which costs about a tenth of the
time that reading takes in all and no memory.
"""

from collections.abc import Callable, Iterator

import pyarrow as pa

from mixpipe.corpus.readers.record import DamageError, Row, Wanted

__all__ = ["checked_rows", "wanted_columns"]

Batches = Callable[[], Iterator[pa.RecordBatch]]


def wanted_columns(schema: pa.Schema, wanted: Wanted) -> list[str]:
    """Return the wanted columns that there are.

    Raises:
        DamageError: the text column is missing, or holds no text.
    """
    if wanted.text not in schema.names:
        found = ", ".join(schema.names[:12])
        raise DamageError("missing-text", f"expected a column {wanted.text!r}, found {found}; set `text`")
    kind = _plain_type(schema.field(wanted.text).type)
    if not (_is_text(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise DamageError("text-not-string", f"expected text in column {wanted.text!r}, found {kind}")
    return [name for name in wanted.columns if name in schema.names]


def checked_rows(batches: Batches, wanted: Wanted, first: int = 0) -> Iterator[Row]:
    """Yield the rows of all batches, after all have been read once.

    Args:
        batches: gives the batches from the beginning each time it is called.
        wanted: the columns asked for.
        first: number of the row before the first, counted from 1.

    Raises:
        DamageError: the file is damaged; no row was given.
    """
    try:
        for batch in batches():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                _plain(column).validate(full=name != wanted.text)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DamageError("damaged-file", f"{' '.join(str(error).split())}; nothing of it was read") from error
    for batch in batches():
        names = batch.schema.names
        columns = [_values(column, name == wanted.text) for name, column in zip(names, batch.columns, strict=True)]
        for number, values in enumerate(zip(*columns, strict=True), first + 1):
            yield Row("row", number, dict(zip(names, values, strict=True)))
        first += batch.num_rows


def _values(column: pa.Array, is_text: bool) -> list[object]:
    column = _plain(column)
    if is_text and _is_text(column.type):
        column = column.cast(pa.large_string()).cast(pa.large_binary())
    values: list[object] = column.to_pylist()
    return values


def _plain(column: pa.Array) -> pa.Array:
    """Return a column without its dictionary, and dates and times as text: Python's own end at the year 9999."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_time = pa.types.is_temporal(column.type) and not pa.types.is_interval(column.type)
    return column.cast(pa.string()) if is_time else column


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
