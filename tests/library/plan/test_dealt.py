import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpipe.errors import StoreError
from mixpipe.plan.dealt import read_dealt, write_dealt


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 9), max_size=30), min_size=1, max_size=4))
def test_every_row_is_found_at_its_place_and_nowhere_else(tmp_path, writers):
    paths, expected = [], {place: [] for place in range(10)}
    for number, places in enumerate(writers):
        paths.append(tmp_path / f"{number}.arrow")
        rows = [f"{number}/{row}" for row in range(len(places))]
        write_dealt(paths[-1], pa.table({"name": pa.array(rows, pa.string())}), np.array(places, np.int64))
        for row, place in zip(rows, places, strict=True):
            expected[place].append(row)
    for place, rows in expected.items():
        assert read_dealt(paths, place)["name"].to_pylist() == rows


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "deal.arrow"
    path.write_bytes(b"no Arrow")
    with pytest.raises(StoreError, match=r"expected an Arrow file at .*deal\.arrow"):
        read_dealt([path], 0)
