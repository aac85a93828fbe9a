import numpy as np
import pytest

from mixpipe.domains.vectors import distances_to, group_means, join
from mixpipe.vectors import unit_rows


def test_rows_of_zeros_stay() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_the_cosine_of_joined_rows_is_the_weighted_mean_of_both() -> None:
    rng = np.random.default_rng(0)
    left, right = unit_rows(rng.standard_normal((5, 4))), unit_rows(rng.standard_normal((5, 3)))
    joined = join(left, right, 2.0)
    assert joined @ joined.T == pytest.approx((left @ left.T + 4 * right @ right.T) / 5, abs=1e-6)
    assert join(left, right, 0.0)[:, :4] == pytest.approx(left, abs=1e-6)


def test_distances_are_of_matching_rows() -> None:
    rows = np.eye(2, dtype=np.float32)
    assert distances_to(rows, rows).tolist() == [0, 0]
    assert distances_to(rows, -rows[::-1]).tolist() == [1, 1]
    assert distances_to(rows, -rows).tolist() == [2, 2]


def test_means_by_group() -> None:
    means = group_means(np.array([[1, 0], [3, 0], [0, 5]], dtype=np.float32), np.array([0, 0, 2]), 3)
    assert means.tolist() == [[2, 0], [0, 0], [0, 5]]
