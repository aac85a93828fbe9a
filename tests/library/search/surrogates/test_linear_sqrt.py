"""Shares and their roots: a law that is linear in both is found again."""

import numpy as np
import pytest

from mixpipe.search.surrogates.linear_sqrt import LinearSqrt
from mixpipe.search.surrogates.protocol import fit_surrogate


def law(mixtures: np.ndarray) -> np.ndarray:
    return (1 - 0.5 * mixtures[:, 0] - 0.3 * np.sqrt(mixtures[:, 2]))[:, None]


def test_a_law_linear_in_shares_and_roots_is_recovered(design) -> None:
    train, test = design(60), design(20, seed=1)
    assert fit_surrogate(LinearSqrt(), train, law(train)).predict(test).mean == pytest.approx(law(test), abs=2e-3)


def test_the_first_per_cent_of_a_domain_counts_most(design) -> None:
    fitted = fit_surrogate(LinearSqrt(), design(60), -np.sqrt(design(60)[:, :1]))
    shares = np.array([0.0, 0.01, 0.5, 0.51])
    rest = (1 - shares) / 3
    first, none, half, more = 1, 0, 2, 3
    found = fitted.predict(np.column_stack([shares, rest, rest, rest])).mean[:, 0]
    # sqrt(.01) - 0 = .1 against sqrt(.51) - sqrt(.5) = .007
    assert found[none] - found[first] > 5 * (found[half] - found[more])
