"""What every registered surrogate must do; a new one is checked without an edit here."""

import numpy as np
import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.surrogates import SURROGATES, load_surrogate
from mixpipe.search.surrogates.protocol import FittedTargets, fit_surrogate
from mixpipe.search.surrogates.rank import spearman

every_surrogate = pytest.mark.parametrize("name", sorted(SURROGATES))


def fitted(name: str, mixtures: np.ndarray, losses: np.ndarray) -> FittedTargets:
    return fit_surrogate(load_surrogate(name), mixtures, losses)


def design(n: int, k: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(k, 0.7), size=n)


def law(mixtures: np.ndarray) -> np.ndarray:
    """Two exponential laws of three to five domains, in bits per byte."""
    slopes = np.array([[-3.0, -1.0, 0.0, 0.5, 0.2], [0.3, -0.2, -2.5, 0.0, -1.0]])[:, : mixtures.shape[1]]
    return np.asarray(1.5 + 0.4 * np.exp(mixtures @ slopes.T))


@every_surrogate
def test_new_mixtures_are_ranked(name: str) -> None:
    train, test = design(120), design(100, seed=1)
    prediction = fitted(name, train, law(train)).predict(test)
    assert spearman(prediction.mean, law(test)).min() > 0.9
    assert prediction.mean.shape == prediction.sd.shape == (100, 2)
    assert np.isfinite(prediction.sd).all()
    assert (prediction.sd >= 0).all()


@every_surrogate
def test_held_out_predictions_rank_the_trials(name: str) -> None:
    train = design(60)
    assert spearman(fitted(name, train, law(train)).held_out, law(train)).min() > 0.6


@every_surrogate
def test_fits_are_deterministic(name: str) -> None:
    train, test = design(25), design(10, seed=1)
    first, second = (fitted(name, train, law(train)).predict(test) for _ in range(2))
    assert (first.mean == second.mean).all()
    assert (first.sd == second.sd).all()


@every_surrogate
def test_units_do_not_matter(name: str) -> None:
    train, test = design(25), design(10, seed=1)
    plain = fitted(name, train, law(train)).predict(test)
    scaled = fitted(name, train, 1e-4 * law(train) + 7).predict(test)
    assert 1e4 * (scaled.mean - 7) == pytest.approx(plain.mean, abs=1e-3)
    assert 1e4 * scaled.sd == pytest.approx(plain.sd, abs=1e-3)


@every_surrogate
def test_a_constant_target_is_predicted_and_harms_no_other(name: str) -> None:
    train, test = design(25), design(10, seed=1)
    losses = np.column_stack([law(train), np.full(25, 2.5)])
    prediction = fitted(name, train, losses).predict(test)
    assert prediction.mean[:, 2] == pytest.approx(np.full(10, 2.5))
    assert (prediction.mean[:, :2] == fitted(name, train, law(train)).predict(test).mean).all()


@every_surrogate
def test_missing_losses_are_left_out_target_by_target(name: str) -> None:
    train, test = design(30), design(10, seed=1)
    losses = law(train)
    losses[:5, 0] = [np.nan, np.inf, -np.inf, np.nan, np.nan]
    prediction = fitted(name, train, losses).predict(test)
    assert np.isfinite(prediction.mean).all()
    assert prediction.mean[:, :1] == pytest.approx(fitted(name, train[5:], law(train[5:, :])[:, :1]).predict(test).mean)


@every_surrogate
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_fewer_trials_than_parameters_are_no_obstacle(name: str, n: int) -> None:
    prediction = fitted(name, design(n, k=20), np.random.default_rng(0).random((n, 2))).predict(design(5, k=20, seed=1))
    assert np.isfinite(prediction.mean).all()
    assert np.isfinite(prediction.sd).all()


@every_surrogate
def test_repeated_mixtures_and_two_domains_are_no_obstacle(name: str) -> None:
    train = np.repeat(design(6, k=2), 4, axis=0)
    losses = law(train) + 0.01 * np.random.default_rng(0).standard_normal((24, 2))
    prediction = fitted(name, train, losses).predict(design(5, k=2, seed=1))
    assert np.isfinite(prediction.mean).all()


@every_surrogate
def test_one_wild_trial_leaves_a_use(name: str) -> None:
    train, test = design(60), design(60, seed=1)
    losses = law(train)
    losses[7] += 0.5
    assert spearman(fitted(name, train, losses).predict(test).mean, law(test)).min() > 0.6


@every_surrogate
def test_rows_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="one row of losses per mixture"):
        fitted(name, design(5), np.zeros((4, 1)))
    with pytest.raises(InputError, match="sum to 1"):
        fitted(name, design(5) * 2, np.zeros((5, 1)))


def test_an_unknown_surrogate_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"auto, explaw, gp.*found 'forest'"):
        load_surrogate("forest")
