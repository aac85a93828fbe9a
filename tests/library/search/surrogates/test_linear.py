"""The baseline is least squares, and of least norm where trials are fewer than domains."""

import numpy as np
import pytest

from mixpipe.search.surrogates.linear import Linear
from mixpipe.search.surrogates.protocol import fit_surrogate


def test_linear_is_least_squares(design) -> None:
    train, test = design(30), design(10, seed=1)
    losses = np.exp(train[:, :1]) + train[:, 1:2] ** 2
    weights, *_ = np.linalg.lstsq(train, losses, rcond=None)  # shares sum to 1, so a constant is among the weights
    assert fit_surrogate(Linear(), train, losses).predict(test).mean == pytest.approx(test @ weights, abs=1e-3)


def test_fewer_trials_than_domains_are_met_exactly(design) -> None:
    train = design(5, k=12)
    losses = np.random.default_rng(0).standard_normal((5, 1))
    assert fit_surrogate(Linear(), train, losses).predict(train).mean == pytest.approx(losses, abs=1e-3)
