"""The exponential law finds its own truth again, also beyond the trials and beside a diverged one."""

import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.surrogates.explaw import ExponentialLaw
from mixpipe.search.surrogates.protocol import fit_surrogate

SLOPES = np.array([-2.0, -0.5, 0.3, 0.0])


def test_it_recovers_itself_beyond_the_trials(design) -> None:
    train, corners = design(60), snap(np.eye(4))
    fitted = fit_surrogate(ExponentialLaw(), train, (2 + np.exp(train @ SLOPES))[:, None])
    assert fitted.predict(corners).mean[:, 0] == pytest.approx(2 + np.exp(SLOPES), abs=0.02)


def test_it_is_not_bent_by_a_diverged_trial(design) -> None:
    train, test = design(60), design(50, seed=1)
    losses = 2 + np.exp(train @ SLOPES)
    losses[5] = 9
    fitted = fit_surrogate(ExponentialLaw(), train, losses[:, None])
    assert fitted.predict(test).mean[:, 0] == pytest.approx(2 + np.exp(test @ SLOPES), abs=0.06)


def test_it_survives_losses_of_which_only_one_differs(design) -> None:
    train = design(6)  # when the one is held out, those left are all equal
    fitted = fit_surrogate(ExponentialLaw(), train, np.array([[2.0], [1], [1], [1], [1], [1]]))
    assert np.isfinite(fitted.held_out).all()
    assert np.isfinite(fitted.predict(design(5, seed=1)).mean).all()
