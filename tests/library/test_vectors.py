import numpy as np
import pyarrow as pa
import pytest

from mixpipe.vectors import unit_rows, vectors_of


@pytest.mark.parametrize("rows", [[], [[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]])
def test_vectors_come_back_as_they_were_stored(rows):
    column = pa.chunked_array([[row] for row in rows], pa.list_(pa.float16(), 3))
    found = vectors_of(column)
    assert (found.dtype, found.shape, found.tolist()) == (np.float16, (len(rows), 3), rows)


def test_rows_are_of_length_one_and_those_of_zeros_stay():
    found = unit_rows(np.array([[3, 4], [0, 0]], np.float16))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0]], rtol=1e-7)
