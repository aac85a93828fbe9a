"""Parquet and Arrow: the same rows, whatever the types and however the file is cut."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.corpus.readers import arrow, parquet
from mixpipe.corpus.readers.record import DamageError, Wanted

WANTED = Wanted(text="text", id="id")
ROWS = [{"text": f"text {n}", "id": n} for n in range(1000)]


def texts(found):
    return [(row.number, row.values["text"], row.values["id"]) for row in found]


EXPECTED = [(n + 1, f"text {n}".encode(), n) for n in range(1000)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())])
def test_every_text_type_gives_the_same_rows(tmp_path, kind):
    table = pa.table({"text": pa.array([row["text"] for row in ROWS]).cast(kind), "id": [row["id"] for row in ROWS]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pa.OSFile(str(tmp_path / "stream.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pa.OSFile(str(tmp_path / "file.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert texts(parquet.READER.read(tmp_path / "a.parquet", WANTED, None)) == EXPECTED
    assert texts(arrow.READER.read(tmp_path / "stream.arrow", WANTED, None)) == EXPECTED
    assert texts(arrow.READER.read(tmp_path / "file.arrow", WANTED, None)) == EXPECTED


def test_ranges_of_row_groups_cover_the_file_once(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=70)
    ranges = parquet.READER.split(path, 2000)
    assert len(ranges) > 3
    found = [row for rows in ranges for row in texts(parquet.READER.read(path, WANTED, rows))]
    assert found == EXPECTED


@pytest.mark.parametrize("reader", [parquet.READER, arrow.READER])
def test_a_damaged_page_gives_nothing_of_the_file(tmp_path, reader):
    table = pa.Table.from_pylist(ROWS)
    path = tmp_path / "data"
    if reader is parquet.READER:
        pq.write_table(table, path, row_group_size=100)
        damaged = bytearray(path.read_bytes())
        start = pq.ParquetFile(path).metadata.row_group(8).column(0).data_page_offset
        damaged[start : start + 40] = b"?" * 40
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
        damaged = bytearray(path.read_bytes())[:-3000]
    path.write_bytes(damaged)
    rows = []
    with pytest.raises(DamageError, match="nothing of it was read"):
        rows.extend(reader.read(path, WANTED, None))
    assert rows == []


@pytest.mark.parametrize(("column", "values"), [("body", ["a"]), ("text", [1])])
def test_the_text_column_must_be_there_and_be_text(tmp_path, column, values):
    pq.write_table(pa.table({column: values}), tmp_path / "a.parquet")
    with pytest.raises(DamageError, match=r"expected .*'text'"):
        list(parquet.READER.read(tmp_path / "a.parquet", WANTED, None))


@pytest.mark.parametrize(
    ("kind", "late"), [(pa.date32(), 2**30), (pa.timestamp("ms", "UTC"), 2**61), (pa.duration("s"), 2**61)]
)
def test_a_time_that_python_cannot_hold_costs_no_document(tmp_path, kind, late):
    times = pa.array([1, late], pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)
    pq.write_table(pa.table({"text": ["a", "b"], "id": times}), tmp_path / "a.parquet")
    found = texts(parquet.READER.read(tmp_path / "a.parquet", WANTED, None))
    assert [text for _, text, _ in found] == [b"a", b"b"]
    assert all(isinstance(time, str) for *_, time in found)
