import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.plan.makers.best_first import best_first
from mixpipe.plan.makers.protocol import Filled


def filled(tokens: dict[int, int], target: float, max_epochs: float = 4.0) -> Filled:
    row = np.zeros(256, dtype=np.int64)
    row[list(tokens)] = list(tokens.values())
    return Filled(row[None], np.array([target]), max_epochs)


@pytest.mark.parametrize(
    ("target", "max_epochs", "copies"),
    [
        (100, 4, [0, 0, 1]),
        (150, 4, [0, 0.5, 1]),
        (300, 4, [1, 1, 1]),
        (450, 4, [1, 1.5, 2]),
    ],
)
def test_the_best_are_served_first(target, max_epochs, copies):
    found = best_first(filled({0: 100, 128: 100, 255: 100}, target, max_epochs))
    assert found[0, [0, 128, 255]].tolist() == copies


def test_the_last_round_ends_at_a_cap_that_is_no_whole_number():
    found = best_first(filled({0: 100, 255: 100}, 225, 1.5))
    assert found[0, [0, 255]].tolist() == [1, 1.25]
    assert best_first(filled({0: 100, 255: 100}, 300, 1.5))[0, [0, 255]].tolist() == [1.5, 1.5]


def test_a_domain_without_tokens_gets_nothing():
    assert (best_first(filled({}, 0)) == 0).all()


@given(st.lists(st.integers(0, 50), min_size=256, max_size=256), st.floats(0.01, 1), st.floats(0.5, 5))
def test_the_targets_are_met_under_the_cap_and_better_bins_never_get_less(tokens, share, max_epochs):
    row = np.array(tokens, dtype=np.int64)
    target = share * max_epochs * row.sum()
    found = best_first(Filled(row[None], np.array([target]), max_epochs))[0]
    assert found @ row == pytest.approx(target)
    assert found.max() <= max_epochs + 1e-9
    assert (np.diff(found[row > 0]) >= -1e-9).all()
