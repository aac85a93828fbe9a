"""What the laws share, on functions whose least value is known: Huber fits, starts, descent on the simplex."""

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit, minimise_mixture, need_trials, simplex_starts

WEIGHTS = np.array([1.0, 4, 9])


def test_a_huber_fit_of_a_constant_is_a_median_for_a_small_delta_and_a_mean_for_a_large_one() -> None:
    values = np.array([1.0, 2, 3, 4, 100])
    for delta, expected in ((1e-3, 3.0), (1e6, 22.0)):
        found = huber_fit(lambda x: x[0] - values, np.array([[0.0], [50]]), delta=delta)
        assert found[0] == pytest.approx(expected, abs=2e-3)


def test_slopes_given_are_those_by_differences_and_bounds_hold() -> None:
    x = np.linspace(0, 1, 20)
    y = 2 * np.exp(-3 * x)

    def residuals(free: np.ndarray) -> np.ndarray:
        return np.asarray(free[0] * np.exp(-free[1] * x) - y)

    def slopes(free: np.ndarray) -> np.ndarray:
        curve = np.exp(-free[1] * x)
        return np.column_stack([curve, -free[0] * x * curve])

    starts = np.array([[1.0, 1.0]])
    for given in (None, slopes):
        assert huber_fit(residuals, starts, delta=0.1, slopes=given) == pytest.approx([2, 3], abs=1e-5)
    bounds = (np.array([0.0, 0]), np.array([10.0, 2.5]))
    assert huber_fit(residuals, starts, delta=0.1, bounds=bounds)[1] == pytest.approx(2.5, abs=1e-6)


def test_the_best_of_several_valleys_is_taken() -> None:
    # (x^2 - 4)^2 / 4 + .3 x has a valley at +2 and a deeper one at -2: a start on the right stays there.
    def residuals(free: np.ndarray) -> np.ndarray:
        return np.array([(free[0] ** 2 - 4) / 2, 0.3 * (free[0] + 2)])

    assert huber_fit(residuals, np.array([[3.0]]), delta=10)[0] > 0
    assert huber_fit(residuals, np.array([[3.0], [-3.0]]), delta=10)[0] == pytest.approx(-2, abs=1e-4)


def test_starts_are_mixtures_that_lean_to_each_domain() -> None:
    starts = simplex_starts(3)
    assert starts.sum(axis=1) == pytest.approx(np.ones(4))
    assert starts[0].tolist() == [1 / 3] * 3
    assert starts[1:].argmax(axis=1).tolist() == [0, 1, 2]
    assert (starts > 0).all()


def test_descent_ends_at_the_known_least_value_inside() -> None:
    # sum of a_i / w_i is least at shares in proportion to the roots of a.
    found = minimise_mixture(
        lambda w: float((WEIGHTS / w).sum()), lambda w: -WEIGHTS / w**2, simplex_starts(3), floor=1e-9
    )
    assert found == pytest.approx(np.array([1, 2, 3]) / 6, abs=1e-6)


def test_descent_ends_at_a_corner_and_no_share_falls_below_the_floor() -> None:
    found = minimise_mixture(lambda w: float(WEIGHTS @ w), lambda w: WEIGHTS, simplex_starts(3), floor=1e-3)
    assert found == pytest.approx([0.998, 1e-3, 1e-3], abs=1e-9)


def test_fewer_trials_than_parameters_are_refused_with_both_numbers() -> None:
    need_trials(5, 5, "made")
    with pytest.raises(InputError, match="the made law has 5 parameters per target, found 4 measurements"):
        need_trials(4, 5, "made")
