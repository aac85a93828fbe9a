"""A trend in the shares reaches a single domain, where one in their roots flattens."""

import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.surrogates.gp import GaussianProcess
from mixpipe.search.surrogates.gp_shares import SharesProcess
from mixpipe.search.surrogates.protocol import fit_surrogate


def test_a_loss_linear_in_the_shares_is_foreseen_far_from_the_trials(design) -> None:
    train = 0.5 * design(40) + 0.125
    slopes = np.array([1.0, 2.0, 3.0, 4.0])
    alone = snap(np.eye(4))
    errors = {
        kind: np.abs(fit_surrogate(kind(), train, (train @ slopes)[:, None]).predict(alone).mean[:, 0] - slopes).max()
        for kind in (GaussianProcess, SharesProcess)
    }
    assert errors[SharesProcess] < 0.05
    assert errors[GaussianProcess] > 2 * errors[SharesProcess]


def test_its_trend_has_the_kernel_of_shares_in_units_of_their_length(design) -> None:
    train = design(12)
    losses = train[:, :1] - train[:, 1:2]
    fitted = SharesProcess().fit(train, (losses - losses.mean()) / losses.std())
    assert fitted.unit == pytest.approx(np.sqrt((train**2).sum(axis=1).mean()))
    assert GaussianProcess().fit(train, losses).unit is None


def test_with_fewer_trials_than_domains_its_trend_is_in_roots(design) -> None:
    train = design(12)[:3]
    losses = train[:, :1] - train[:, 1:2]
    plain, shares = GaussianProcess().fit(train, losses), SharesProcess().fit(train, losses)
    assert (plain.predict(design(20)).mean == shares.predict(design(20)).mean).all()
