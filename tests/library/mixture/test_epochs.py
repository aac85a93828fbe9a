import numpy as np
import pytest

from mixpipe.mixture.epochs import (
    data_constrained_loss,
    effective_parameters,
    effective_tokens,
    epochs,
    repeat_value,
)


def test_repeated_tokens_are_worth_what_the_law_says() -> None:
    seen = np.array([1.0, 2, 4, 8, 16, 40, 1e6])
    assert effective_tokens(np.ones(7), seen) == pytest.approx(
        [1, 1.968, 3.726, 6.624, 10.582, 15.167, 16.388], abs=1e-3
    )


def test_tokens_seen_less_than_once_count_as_they_are() -> None:
    assert effective_tokens(np.array([200.0]), np.array([0.25])) == pytest.approx([50])


def test_the_value_of_one_more_token_is_the_slope() -> None:
    seen = np.array([4.0, 16.0])
    assert repeat_value(seen) == pytest.approx([0.823, 0.377], abs=1e-3)
    slope = (effective_tokens(np.ones(2), seen + 1e-5) - effective_tokens(np.ones(2), seen)) / 1e-5
    assert slope == pytest.approx(repeat_value(seen), abs=1e-4)


def test_epochs_are_budget_tokens_over_available_ones() -> None:
    found = epochs(np.array([0.5, 0.5, 0.0]), np.array([100.0, 500.0, 0.0]), 1000)
    assert found.tolist() == [5, 1, 0]
    assert epochs(np.array([0.5, 0.5]), np.array([0.0, 10.0]), 10)[0] == np.inf


@pytest.mark.parametrize(("seen", "loss"), [(1, 2.5273), (4, 2.3733), (7, 2.3333), (40, 2.2714)])
def test_repeated_data_give_the_published_losses(seen, loss):
    assert data_constrained_loss(4.2e9, 12e9, seen) == pytest.approx(loss, abs=1e-4)


def test_fresh_data_give_less_loss_than_repeated_ones():
    assert data_constrained_loss(4.2e9, 48e9, 1) == pytest.approx(2.336, abs=5e-4)
    assert data_constrained_loss(4.2e9, 84e9, 1) == pytest.approx(2.2884, abs=5e-4)
    assert data_constrained_loss(4.2e9, 480e9, 1) == pytest.approx(2.1925, abs=5e-4)


def test_parameters_below_what_the_tokens_call_for_count_in_full():
    assert effective_parameters(1e8, 12e9) == 1e8
    assert effective_parameters(1e12, 12e9) < 12e9 * 0.051 * 6.4
