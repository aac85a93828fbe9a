import numpy as np
import pytest

from mixpipe.search.acquisition import batch_of, log_expected_improvement


def test_expected_improvement_is_that_of_sampling():
    draws = 0.3 + 0.5 * np.random.default_rng(0).standard_normal(400_000)
    expected = np.log(np.maximum(0.2 - draws, 0).mean())
    assert log_expected_improvement(np.array([0.3]), np.array([0.5]), 0.2)[0] == pytest.approx(expected, abs=0.01)


def test_hopeless_candidates_are_still_in_order():
    found = log_expected_improvement(np.array([5.0, 6, 7]), np.full(3, 0.3), 0.0)
    assert np.isfinite(found).all()
    assert (np.diff(found) < 0).all()


def test_a_certain_gain_is_itself():
    assert log_expected_improvement(np.array([-2.0]), np.array([0.0]), 0.0)[0] < np.log(2.1)


def test_a_batch_keeps_apart():
    rows = np.array([[0.5, 0.5], [0.501, 0.499], [0.9, 0.1], [0.1, 0.9]])
    assert batch_of(np.array([1.0, 0.99, 0.5, 0.4]), rows, 3).tolist() == [0, 2, 3]
    assert batch_of(np.array([1.0, 0.99, 0.5, 0.4]), rows, 1, near=rows[:1]).tolist() == [2]
    assert sorted(batch_of(np.zeros(4), rows, 9).tolist()) == [0, 1, 2, 3]
