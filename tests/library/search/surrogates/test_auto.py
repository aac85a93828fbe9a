"""The ensemble trusts, target by target, whoever foresees what it has not seen."""

import numpy as np
import pytest

from mixpipe.search.surrogates.auto import Auto
from mixpipe.search.surrogates.protocol import fit_surrogate


def test_it_trusts_who_foresees(design) -> None:
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


def test_the_disagreement_of_members_is_part_of_the_deviation(design) -> None:
    train, test = design(40), design(20, seed=1)
    losses = np.sin(5 * train[:, :1])
    ensemble = Auto(("linear", "gp")).fit(train, (losses - losses.mean()) / losses.std())
    found = ensemble.predict(test)
    alone = [member.predict(test) for member in ensemble.members.values()]
    weights = ensemble.weights[:, 0]
    # Variance of a mixture of two: the mean of the variances and w1 w2 times the squared distance of the means.
    expected = sum(w * p.sd**2 for w, p in zip(weights, alone, strict=True))
    expected = expected + weights.prod() * (alone[0].mean - alone[1].mean) ** 2
    assert found.sd**2 == pytest.approx(expected)
    assert found.mean == pytest.approx(sum(w * p.mean for w, p in zip(weights, alone, strict=True)))
