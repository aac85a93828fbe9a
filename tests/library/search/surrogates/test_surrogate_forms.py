import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.surrogates.auto import Auto
from mixpipe.search.surrogates.explaw import ExponentialLaw
from mixpipe.search.surrogates.gp import GaussianProcess
from mixpipe.search.surrogates.linear import Linear
from mixpipe.search.surrogates.linear_sqrt import LinearSqrt
from mixpipe.search.surrogates.protocol import fit_surrogate, folds
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.surrogates.scheffe import Scheffe


def design(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(4), size=n)


def test_the_exponential_law_recovers_itself_beyond_the_trials() -> None:
    t = np.array([-2.0, -0.5, 0.3, 0.0])
    train, corners = design(60), snap(np.eye(4))
    fitted = fit_surrogate(ExponentialLaw(), train, (2 + np.exp(train @ t))[:, None])
    assert fitted.predict(corners).mean[:, 0] == pytest.approx(2 + np.exp(t), abs=0.02)


def test_the_exponential_law_is_not_bent_by_a_diverged_trial() -> None:
    t = np.array([-2.0, -0.5, 0.3, 0.0])
    train, test = design(60), design(50, seed=1)
    losses = 2 + np.exp(train @ t)
    losses[5] = 9
    fitted = fit_surrogate(ExponentialLaw(), train, losses[:, None])
    assert fitted.predict(test).mean[:, 0] == pytest.approx(2 + np.exp(test @ t), abs=0.06)


def test_the_exponential_law_survives_losses_of_which_only_one_differs() -> None:
    train = design(6)  # when the one is held out, those left are all equal
    fitted = fit_surrogate(ExponentialLaw(), train, np.array([[2.0], [1], [1], [1], [1], [1]]))
    assert np.isfinite(fitted.held_out).all()
    assert np.isfinite(fitted.predict(design(5, seed=1)).mean).all()


def test_linear_sqrt_recovers_a_law_linear_in_shares_and_roots() -> None:
    train, test = design(60), design(20, seed=1)
    law = lambda w: (1 - 0.5 * w[:, 0] - 0.3 * np.sqrt(w[:, 2]))[:, None]  # noqa: E731  one use, one line
    assert fit_surrogate(LinearSqrt(), train, law(train)).predict(test).mean == pytest.approx(law(test), abs=2e-3)


def test_the_process_knows_where_it_has_been() -> None:
    train = 0.5 * design(40) + np.array([0.5, 0, 0, 0])
    losses = np.sin(4 * train[:, :1]) + 0.01 * np.random.default_rng(0).standard_normal((40, 1))
    fitted = fit_surrogate(GaussianProcess(), train, losses)
    near, far = fitted.predict(train).sd, fitted.predict(snap(np.eye(4)[1:])).sd
    assert far.min() > 2 * near.max()


def test_folds_keep_repeated_mixtures_together() -> None:
    mixtures = np.repeat(snap(design(12)), 3, axis=0)
    fold = folds(mixtures).reshape(12, 3)
    assert (fold == fold[:, :1]).all()
    assert len(np.unique(fold)) == 10
    assert np.unique(folds(design(200)), return_counts=True)[1].tolist() == [40] * 5


def test_auto_trusts_who_foresees() -> None:
    train = design(160)
    noise = np.random.default_rng(0).standard_normal(160)
    steps = np.floor(8 * train[:, 0]) % 2 + np.floor(4 * train[:, 1])  # only trees can follow
    fitted = fit_surrogate(Auto(), train, np.column_stack([steps, np.exp(-3 * train[:, 2]), noise]))
    ensemble = fitted.blocks[0][1]
    weights = dict(zip(ensemble.members, ensemble.weights, strict=True))
    assert weights["lightgbm"][0] > 0.5
    assert weights["lightgbm"][1] < 0.2
    assert ensemble.weights.sum(axis=0) == pytest.approx(np.ones(3))
    # On pure noise all members foresee nothing, and the ensemble stays near the mean.
    assert np.abs(fitted.predict(design(50, seed=1)).mean[:, 2]).max() < 1.5


def test_rank_correlation_is_undefined_and_silent_on_constants() -> None:
    ramp = np.arange(5.0)[:, None]
    assert spearman(ramp**3, ramp) == pytest.approx(1)
    assert spearman(-ramp, ramp) == pytest.approx(-1)
    assert np.isnan(spearman(np.ones((5, 1)), ramp)).all()
    assert np.isnan(spearman(ramp[:2], ramp[:2])).all()
    assert spearman(np.array([[1.0], [np.nan], [2], [3]]), np.array([[1.0], [0], [2], [3]])) == pytest.approx(1)


def test_linear_is_least_squares() -> None:
    train, test = design(30), design(10, seed=1)
    losses = np.exp(train[:, :1]) + train[:, 1:2] ** 2
    weights, *_ = np.linalg.lstsq(train, losses, rcond=None)  # shares sum to 1, so a constant is among the weights
    assert fit_surrogate(Linear(), train, losses).predict(test).mean == pytest.approx(test @ weights, abs=1e-3)


def test_scheffe_recovers_a_quadratic_and_linear_does_not() -> None:
    train, test = design(60), design(20, seed=1)
    law = lambda w: (1 + w[:, 0] - 2 * w[:, 0] * w[:, 1] + w[:, 2] ** 2)[:, None]  # noqa: E731  one use, one line
    errors = [
        np.abs(fit_surrogate(form(), train, law(train)).predict(test).mean - law(test)).max()
        for form in (Scheffe, Linear)
    ]
    assert errors[0] < 5e-3
    assert errors[1] > 10 * errors[0]
