"""The door of every fit: folds that keep what is equal together, and units that come back as they went in."""

import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.surrogates.linear import Linear
from mixpipe.search.surrogates.protocol import fit_surrogate, folds


def test_folds_keep_repeated_mixtures_together(design) -> None:
    mixtures = np.repeat(snap(design(12)), 3, axis=0)
    fold = folds(mixtures).reshape(12, 3)
    assert (fold == fold[:, :1]).all()
    assert len(np.unique(fold)) == 10
    assert np.unique(folds(design(200)), return_counts=True)[1].tolist() == [40] * 5


def test_targets_measured_on_the_same_trials_are_fitted_together(design) -> None:
    losses = design(20)[:, :3].copy()
    losses[4, 1] = np.nan
    fitted = fit_surrogate(Linear(), design(20), losses)
    assert sorted(columns.tolist() for columns, _ in fitted.blocks) == [[0, 2], [1]]
    assert np.argwhere(np.isnan(fitted.held_out)).tolist() == [[4, 1]]


def test_a_target_measured_in_two_trials_is_predicted_by_their_mean(design) -> None:
    losses = np.column_stack([design(10)[:, 0], np.full(10, np.nan)])
    losses[[2, 7], 1] = 1.0, 3.0
    found = fit_surrogate(Linear(), design(10), losses).predict(design(4, seed=1))
    assert found.mean[:, 1] == pytest.approx(np.full(4, 2.0))
