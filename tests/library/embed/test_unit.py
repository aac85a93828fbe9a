import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mixpipe.embed.unit import unit_rows

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=FINITE))
def test_every_finite_row_becomes_a_finite_unit_row(vectors):
    rows = unit_rows(vectors)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_direction_is_kept_and_zeros_become_the_constant_row():
    np.testing.assert_allclose(unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.5**0.5] * 2], atol=1e-7)


def test_no_rows_are_no_rows():
    assert unit_rows(np.zeros((0, 5))).shape == (0, 5)


def test_what_is_no_number_stays_so_that_the_stage_finds_it():
    assert np.isnan(unit_rows(np.array([[np.nan, 1.0], [0.0, 0.0]]))).tolist() == [[True, True], [False, False]]
