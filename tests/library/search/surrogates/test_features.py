"""Ridge regression on features equals its textbook form, and what no trial varies has no say."""

from dataclasses import dataclass

import numpy as np
import pytest

from mixpipe.search.surrogates.features import FeatureRidge
from mixpipe.search.surrogates.protocol import folds

NOISE = 0.1


@dataclass(frozen=True)
class Squares(FeatureRidge):
    noises: tuple[float, ...] = (NOISE,)

    @staticmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        return mixtures**2


def by_hand(train: np.ndarray, losses: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the solution of the normal equations on features centred and of variance 1 / f."""
    scale = (train**2).std(axis=0) * np.sqrt(train.shape[1])
    x, new = ((rows**2 - (train**2).mean(axis=0)) / scale for rows in (train, test))
    return np.asarray(new @ np.linalg.solve(x.T @ x + NOISE * np.eye(x.shape[1]), x.T @ losses))


def test_it_is_ridge_regression_on_the_features(design) -> None:
    train, test = design(30), design(10, seed=1)
    losses = np.random.default_rng(0).standard_normal((30, 2))
    assert Squares().fit(train, losses).predict(test).mean == pytest.approx(by_hand(train, losses, test))


def test_held_out_predictions_are_those_of_refits(design) -> None:
    train, losses = design(30), np.random.default_rng(0).standard_normal((30, 1))
    held_out, fold = Squares().fit(train, losses).held_out, folds(train)
    # The refit keeps centre and scale, as the closed form does.
    scale = (train**2).std(axis=0) * np.sqrt(4)
    x = (train**2 - (train**2).mean(axis=0)) / scale
    for number in np.unique(fold):
        rest, rows = fold != number, fold == number
        weights = np.linalg.solve(x[rest].T @ x[rest] + NOISE * np.eye(4), x[rest].T @ losses[rest])
        assert held_out[rows] == pytest.approx(x[rows] @ weights)


def test_a_domain_that_no_trial_varies_has_no_weight(design) -> None:
    train = np.hstack([design(20, k=3), np.zeros((20, 1))])
    fitted = Squares().fit(train, np.random.default_rng(0).standard_normal((20, 1)))
    assert fitted.weights[3] == 0
    assert np.isfinite(fitted.predict(np.eye(4)).mean).all()


def test_a_form_that_does_not_say_its_features_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="features"):
        FeatureRidge()
