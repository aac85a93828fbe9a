"""The process knows where it has been, and is the mean of its kernels weighted by what each foresees."""

import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.surrogates.gp import LEAST_WEIGHT, GaussianProcess
from mixpipe.search.surrogates.protocol import fit_surrogate


def test_it_knows_where_it_has_been(design) -> None:
    train = 0.5 * design(40) + np.array([0.5, 0, 0, 0])
    losses = np.sin(4 * train[:, :1]) + 0.01 * np.random.default_rng(0).standard_normal((40, 1))
    fitted = fit_surrogate(GaussianProcess(), train, losses)
    near, far = fitted.predict(train).sd, fitted.predict(snap(np.eye(4)[1:])).sd
    assert far.min() > 2 * near.max()


def test_weights_of_kernels_sum_to_one_and_none_is_idle(design) -> None:
    train = design(40)
    losses = np.sin(6 * train[:, :1])
    fitted = GaussianProcess().fit(train, (losses - losses.mean()) / losses.std())
    weights = np.array([member.weight for member in fitted.members])
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= LEAST_WEIGHT


def test_without_noise_it_goes_through_the_trials(design) -> None:
    train = design(40)
    losses = train[:, :1] ** 2 - train[:, 1:2]
    fitted = fit_surrogate(GaussianProcess(), train, losses)
    assert fitted.predict(train).mean == pytest.approx(losses, abs=0.01 * losses.std())
