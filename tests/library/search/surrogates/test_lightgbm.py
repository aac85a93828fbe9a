"""Trees follow steps that no smooth form can, from a few dozen trials, and never leave the losses they saw."""

import numpy as np
import pytest

from mixpipe.search.surrogates.lightgbm import LightGBM
from mixpipe.search.surrogates.linear_sqrt import LinearSqrt


def step(mixtures: np.ndarray) -> np.ndarray:
    """A loss of 1 where the first domain has less than a quarter, else -1."""
    return np.where(mixtures[:, :1] < 0.25, 1.0, -1.0)


def test_a_step_is_found_where_a_smooth_form_blurs_it(design) -> None:
    train, test = design(100), design(200, seed=1)
    wrong = [
        (np.sign(form.fit(train, step(train)).predict(test).mean) != step(test)).mean()
        for form in (LightGBM(), LinearSqrt())
    ]
    # 100 trials leave a gap of about .01 around the step, and 1 % of the mixtures lie in it.
    assert wrong[0] < 0.05
    assert wrong[0] < wrong[1]


def test_predictions_stay_within_the_losses_seen(design) -> None:
    train, corners = design(60), np.eye(4)
    losses = 5 * train[:, :1]
    found = LightGBM().fit(train, losses).predict(corners).mean
    assert losses.min() <= found.min() <= found.max() <= losses.max()


def test_regress_is_the_fit_without_its_held_out_errors(design) -> None:
    train, test = design(50), design(20, seed=1)
    fitted = LightGBM().fit(train, step(train)).predict(test).mean[:, 0]
    assert LightGBM().regress(train, step(train)[:, 0], test) == pytest.approx(fitted, abs=1e-12)


def test_the_deviation_is_that_of_the_held_out_errors(design) -> None:
    train = design(50)
    fitted = LightGBM().fit(train, step(train))
    expected = np.sqrt(((step(train) - fitted.held_out) ** 2).mean())
    assert fitted.predict(design(3, seed=1)).sd == pytest.approx(np.full((3, 1), expected))


def test_no_rows_give_no_predictions(design) -> None:
    fitted = LightGBM().fit(design(20), step(design(20)))
    assert fitted.predict(np.empty((0, 4))).mean.shape == (0, 1)
