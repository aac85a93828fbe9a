import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.diversity import (
    Moments,
    centred,
    coding_rate,
    coding_rate_of_groups,
    coding_rate_reduction,
    matrix_entropy,
    moments,
    vendi,
    vendi_of_kernel,
)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def laplacian(*points: float) -> np.ndarray:
    return np.exp(-np.abs(np.subtract.outer(points, points)))


@pytest.mark.parametrize(("points", "expected"), [((0, 0, 10, 10, 20, 20), 3.0), ((5, 5, 5), 1.0)])
def test_vendi_of_points_under_a_laplacian_kernel(points, expected):
    assert vendi_of_kernel(laplacian(*points)) == pytest.approx(expected, abs=3e-4)


def test_vendi_of_two_alike_and_one_apart():
    kernel = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])
    assert vendi_of_kernel(kernel) == pytest.approx(2.15730, abs=1e-5)
    assert vendi_of_kernel(kernel, order=2) == pytest.approx(1.94805, abs=1e-5)
    assert vendi_of_kernel(kernel, order=np.inf) == pytest.approx(3 / 1.9)


def test_a_vector_that_occurs_twice_counts_twice():
    """Four orthonormal vectors, two of them twice: shares 1/3, 1/3, 1/6, 1/6."""
    rows = np.eye(4)[[0, 0, 1, 1, 2, 3]]
    assert vendi(moments(rows)) == pytest.approx(3.77976, abs=1e-5)
    assert vendi(moments(np.eye(4), np.array([2, 2, 1, 1]))) == pytest.approx(3.77976, abs=1e-5)
    assert vendi_of_kernel(np.eye(4), np.array([2.0, 2, 1, 1])) == pytest.approx(3.77976, abs=1e-5)


def test_vendi_of_equal_and_of_orthonormal_vectors():
    assert vendi(moments(np.eye(5)[[2] * 7])) == pytest.approx(1)
    assert vendi(moments(np.repeat(np.eye(4, 9), 2, axis=0))) == pytest.approx(4)


def test_vendi_saturates_at_the_dimensions():
    rows = unit(np.random.default_rng(0).standard_normal((2000, 64)))
    assert vendi(moments(rows)) == pytest.approx(62.96, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 40), d=st.integers(1, 12), seed=st.integers(0, 99), order=st.sampled_from([0.5, 1, 2, np.inf]))
def test_the_dual_is_the_primal_and_weights_are_copies(n, d, seed, order):
    rng = np.random.default_rng(seed)
    rows, copies = unit(rng.standard_normal((n, d)) + 0.1), rng.integers(1, 4, n)
    dual = vendi(moments(rows, copies), order)
    assert dual == pytest.approx(vendi_of_kernel(rows @ rows.T, copies.astype(float), order), abs=1e-8)
    repeated = np.repeat(rows, copies, axis=0)
    assert dual == pytest.approx(vendi(moments(repeated), order), abs=1e-8)
    assert coding_rate(moments(rows, copies)) == pytest.approx(coding_rate(moments(repeated)), abs=1e-8)
    both = moments(centred(rows, copies), copies), moments(centred(repeated))
    assert matrix_entropy(both[0]) == pytest.approx(matrix_entropy(both[1]), abs=1e-8)


def test_moments_add_up_over_parts():
    rows = unit(np.random.default_rng(3).standard_normal((50, 6)))
    whole, parts = moments(rows), moments(rows[:20]) + moments(rows[20:])
    assert parts.weight == whole.weight
    assert parts.gram == pytest.approx(whole.gram)


def test_coding_rates_of_four_orthonormal_classes():
    groups = [moments(np.eye(4)[[j, j]]) for j in range(4)]
    assert coding_rate(moments(np.repeat(np.eye(4), 2, axis=0))) == pytest.approx(2 * np.log(3))
    assert coding_rate_of_groups(groups) == pytest.approx(np.log(9) / 2)
    assert coding_rate_reduction(groups) == pytest.approx(np.log(3))


def test_coding_rate_is_the_definition_with_rows_as_members():
    rows = unit(np.random.default_rng(4).standard_normal((9, 5)))
    definition = 0.5 * np.linalg.slogdet(np.eye(9) + 5 / (9 * 0.5) * rows @ rows.T)[1]
    assert coding_rate(moments(rows)) == pytest.approx(definition)


def test_matrix_entropy_of_half_the_directions():
    assert matrix_entropy(Moments(1.0, np.diag([0.5, 0.5, 0, 0]))) == pytest.approx(0.5)
    assert matrix_entropy(Moments(8.0, np.zeros((4, 4)))) == 0


def test_centring_takes_out_what_all_share():
    rows = unit(np.concatenate([np.full((200, 1), 5.0), np.random.default_rng(5).standard_normal((200, 4))], axis=1))
    assert vendi(moments(rows)) < 2 < 3.5 < vendi(moments(centred(rows)))
    assert centred(np.ones((3, 2))).tolist() == [[0, 0]] * 3
