"""Products in pairs: a quadratic on the simplex is found again, which a straight form cannot do."""

import numpy as np

from mixpipe.search.surrogates.linear import Linear
from mixpipe.search.surrogates.protocol import fit_surrogate
from mixpipe.search.surrogates.scheffe import Scheffe


def law(mixtures: np.ndarray) -> np.ndarray:
    return (1 + mixtures[:, 0] - 2 * mixtures[:, 0] * mixtures[:, 1] + mixtures[:, 2] ** 2)[:, None]


def test_scheffe_recovers_a_quadratic_and_linear_does_not(design) -> None:
    train, test = design(60), design(20, seed=1)
    errors = [
        np.abs(fit_surrogate(form(), train, law(train)).predict(test).mean - law(test)).max()
        for form in (Scheffe, Linear)
    ]
    assert errors[0] < 5e-3
    assert errors[1] > 10 * errors[0]


def test_its_features_are_shares_and_each_pair_once() -> None:
    assert Scheffe.features(np.array([[0.5, 0.3, 0.2]])).round(9).tolist() == [[0.5, 0.3, 0.2, 0.15, 0.1, 0.06]]
