import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.tally import TIER, read_tallies, tally_shard, write_tallies


def table(rows, **more):
    columns = {"id": [f"{n:02d}" for n in range(rows)], "domain": pa.array([n % 2 for n in range(rows)], pa.int32())}
    columns |= {"n_tokens": np.arange(rows) + 1, TIER: pa.array([None, 2.0, 2.0][:rows], pa.float32())}
    return pa.table({**columns, **more})


def test_rows_tokens_and_tiers_are_counted():
    found = tally_shard("data/a", table(3), 3)
    assert found.rows.tolist() == [2, 1, 0]
    assert found.tokens.tolist() == [4, 2, 0]
    assert (found.first_id, found.last_id, found.encoded) == ("00", "02", None)
    assert found.tiers.tolist() == [[1, 1], [0, 0], [2, 5], [0, 0]]


@pytest.mark.parametrize("rows", [0, 3])
def test_a_record_comes_back_as_it_was(tmp_path, rows):
    written = {
        "parquet": tally_shard("data/a.parquet", table(rows), 2),
        "megatron": tally_shard("data/a.bin", table(rows, n_encoded=np.arange(rows) * 3), 2),
    }
    write_tallies(tmp_path / "tallies.json", written)
    read = read_tallies(tmp_path / "tallies.json")
    assert read.keys() == written.keys()
    for form, tally in written.items():
        for name, value in tally._asdict().items():
            again = getattr(read[form], name)
            assert type(again) is type(value)
            assert np.array_equal(again, value) if isinstance(value, np.ndarray) else again == value
    assert read["megatron"].encoded.dtype == np.int64
