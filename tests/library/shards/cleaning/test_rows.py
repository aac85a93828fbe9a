import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.shards.cleaning.rows import excesses, part_in, values_of


@pytest.mark.parametrize(
    ("file", "folder", "part"),
    [
        ("data/train-00000-of-00042.parquet", "scored", "scored/train-00000-of-00042"),
        ("scored/phase-1/d007/train-00000-of-00042.parquet", "data", "data/phase-1/d007/train-00000-of-00042"),
    ],
)
def test_a_shard_has_one_name_in_every_folder(file, folder, part):
    assert part_in(file, folder) == part


def test_values_lie_back_to_back_whatever_the_chunks():
    column = pa.chunked_array([[[1, 2], []], [[3]]], pa.list_(pa.int32()))
    assert values_of(column).tolist() == values_of(column.combine_chunks()).tolist() == [1, 2, 3]


def test_only_tokens_of_a_response_have_an_excess(tmp_path):
    columns = {
        "excess": pa.array([[0, 1.5], [2]], pa.list_(pa.float32())),
        "is_response": pa.array([[False, True], [True]], pa.list_(pa.bool_())),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert np.concatenate([*excesses(tmp_path / "a.parquet")]).tolist() == [1.5, 2]
