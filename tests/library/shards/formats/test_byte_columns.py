import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.shards.formats.byte_columns import BYTES, byte_lengths, fixed_bytes, joined


@given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9), st.integers(0, 2**32 - 1)), max_size=9))
def test_rows_are_the_bytes_of_their_columns_in_turn(rows):
    first, second, numbers = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    fixed = fixed_bytes(np.array(numbers, "<u4"))
    data, lengths = joined(pa.array(first, BYTES), fixed, pa.array(second, BYTES))
    expected = [a + number.to_bytes(4, "little") + b for a, b, number in rows]
    assert bytes(data) == b"".join(expected)
    assert lengths.tolist() == [len(row) for row in expected]


def test_a_slice_of_columns_is_joined_alone():
    column = pa.array([b"a", b"bc", b"def", b""], BYTES)
    data, lengths = joined(column.slice(1, 2), column.slice(2, 2))
    assert bytes(data) == b"bcdefdef"
    assert lengths.tolist() == [5, 3]
    assert byte_lengths(column.slice(1)).tolist() == [2, 3, 0]


def test_a_row_of_an_array_is_one_value():
    rows = np.arange(6, dtype="<u2").reshape(2, 3)
    assert fixed_bytes(rows).to_pylist() == [rows[0].tobytes(), rows[1].tobytes()]
    assert fixed_bytes(rows.T).to_pylist() == [row.tobytes() for row in rows.T]
