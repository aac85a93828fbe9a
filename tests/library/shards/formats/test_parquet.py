import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.shards.formats.parquet import CHUNKING, Parquet
from mixpipe.tables import SHARDS


@pytest.fixture
def path(tmp_path):
    row = {"id": "a", "text": "t", "domain": 0, "domain_name": "d", "copy": 0, "copies": 1}
    row |= {"source": "s", "n_tokens": 1, "quality": 0.5, "meta": "{}"}
    rows = pa.Table.from_pylist([row] * 10, schema=SHARDS)
    Parquet().write(tmp_path / "train.parquet", [rows.slice(0, 4), rows.slice(4)])
    return tmp_path / "train.parquet"


def test_each_table_is_a_row_group_with_a_page_index_under_zstd(path):
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [4, 6]
    for column in range(metadata.num_columns):
        chunk = metadata.row_group(0).column(column)
        assert chunk.compression == "ZSTD"
        assert chunk.has_column_index
        assert chunk.has_offset_index


def test_a_shard_without_rows_has_no_row_group(tmp_path):
    path, empty = tmp_path / "train.parquet", pa.Table.from_pylist([], schema=SHARDS)
    assert Parquet().write(path, [empty]) == 0
    assert pq.read_metadata(path).num_row_groups == 0
    assert Parquet().read(path) == empty


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("is_streamed", [False, True])
def test_datasets_passes_over_a_shard_without_rows(path, tmp_path, is_streamed):
    import datasets

    Parquet().write(tmp_path / "empty.parquet", [pa.Table.from_pylist([], schema=SHARDS)])
    files, cache = [str(tmp_path / "empty.parquet"), str(path)], str(tmp_path / "cache")
    found = datasets.load_dataset("parquet", data_files=files, split="train", streaming=is_streamed, cache_dir=cache)
    assert [row["id"] for row in found] == ["a"] * 10


def test_chunking_is_recorded_as_datasets_does(path):
    assert json.loads(pq.read_metadata(path).metadata[b"content_defined_chunking"]) == CHUNKING
