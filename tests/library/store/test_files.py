from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import StoreError
from mixpipe.store.files import (
    copy_file,
    link_or_copy,
    read_arrays,
    read_json,
    read_table,
    whole_file,
    write_arrays,
    write_json,
    write_table,
    write_text,
)

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "f.txt"
    write_text(path, "before")
    with pytest.raises(RuntimeError), whole_file(path) as scratch:
        scratch.write_text("half")
        raise RuntimeError
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_clear_error(tmp_path):
    with (
        pytest.raises(StoreError, match=r"No space left on device \([\d,.]+ of [\d,.]+ MiB left\); free some"),
        whole_file(tmp_path / "f") as f,
    ):
        f.write_text("half")
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_equal_tables_have_equal_bytes(tmp_path):
    table = pa.table({"n": [1, 2, 3]}, schema=SCHEMA)
    write_table(tmp_path / "a.parquet", table, SCHEMA)
    write_table(tmp_path / "b.parquet", iter(table.to_batches(max_chunksize=3)), SCHEMA)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read_table(tmp_path / "a.parquet").equals(table)


def test_a_table_without_rows_keeps_its_schema(tmp_path):
    assert write_table(tmp_path / "e.parquet", SCHEMA.empty_table(), SCHEMA) == 0
    assert read_table(tmp_path / "e.parquet").schema.equals(SCHEMA)


def test_equal_arrays_have_equal_bytes(tmp_path):
    arrays = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "names": np.array(["a", "bé"])}
    write_arrays(tmp_path / "a.npz", **arrays)
    write_arrays(tmp_path / "b.npz", **arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert all(np.array_equal(value, arrays[name]) for name, value in read_arrays(tmp_path / "a.npz").items())


def test_arrays_of_objects_are_refused(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(tmp_path / "o.npz", o=np.array([{}], dtype=object))


@pytest.mark.parametrize("read", [read_json, read_table, read_arrays])
def test_damage_is_a_store_error_that_names_the_file(tmp_path, read):
    path = tmp_path / "broken"
    path.write_bytes(b"\x00not what it should be")
    with pytest.raises(StoreError, match="broken"):
        read(path)


def test_json_is_sorted_and_ends_with_a_newline(tmp_path):
    write_json(tmp_path / "j.json", {"b": 1, "a": [0.1]})
    assert (tmp_path / "j.json").read_text() == '{\n  "a": [\n    0.1\n  ],\n  "b": 1\n}\n'


def test_linking_replaces_the_target(tmp_path):
    write_text(tmp_path / "s", "new")
    write_text(tmp_path / "t", "old")
    link_or_copy(tmp_path / "s", tmp_path / "t")
    assert (tmp_path / "t").read_text() == "new"


def test_what_json_does_not_have_is_refused(tmp_path):
    (tmp_path / "f.json").write_text('{"share": NaN}')
    with pytest.raises(StoreError, match="NaN"):
        read_json(tmp_path / "f.json")


def test_a_copy_is_a_file_of_its_own(tmp_path):
    (tmp_path / "here").write_text("text")
    copy_file(tmp_path / "here", tmp_path / "deep" / "there")
    assert (tmp_path / "deep" / "there").read_text() == "text"
    assert not (tmp_path / "deep" / "there").samefile(tmp_path / "here")
    link_or_copy(tmp_path / "here", tmp_path / "deep" / "there")
    assert (tmp_path / "deep" / "there").samefile(tmp_path / "here")
