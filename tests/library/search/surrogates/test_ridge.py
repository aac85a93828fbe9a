"""The penalty is learned: next to nothing on a straight law, and strong on pure noise."""

import numpy as np
import pytest

from mixpipe.search.surrogates.protocol import fit_surrogate
from mixpipe.search.surrogates.ridge import Ridge

WEIGHTS = np.array([[1.0], [-2], [0.5], [0]])


def test_a_straight_law_is_recovered(design) -> None:
    train, test = design(40), design(20, seed=1)
    assert fit_surrogate(Ridge(), train, train @ WEIGHTS).predict(test).mean == pytest.approx(test @ WEIGHTS, abs=2e-3)


def test_noise_is_shrunk_to_the_mean(design) -> None:
    train, test = design(40), design(20, seed=1)
    noise = np.random.default_rng(0).standard_normal((40, 30))
    spreads = fit_surrogate(Ridge(), train, noise).predict(test).mean.std(axis=0)
    by_least_squares = (test @ np.linalg.lstsq(train, noise, rcond=None)[0]).std(axis=0)
    # Some noises look like a slope: those are believed, most are not.
    assert np.median(spreads / by_least_squares) < 0.7
