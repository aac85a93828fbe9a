"""The gradient against differences, and relevance found where it is known."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from mixpipe.search.surrogates.gp_ard import RANK, RelevanceProcess, _learn, _unlikelihood
from mixpipe.search.surrogates.rank import spearman


def design(n: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(k), size=n)


def bump(mixtures: np.ndarray) -> np.ndarray:
    """A loss that the first of many domains alone decides."""
    return np.asarray(np.cos(3 * np.sqrt(mixtures[:, 0])))


def test_the_gradient_is_that_of_the_value() -> None:
    roots, losses = np.sqrt(design(30, 4)), np.random.default_rng(1).standard_normal(30)
    at = np.array([-0.3, 0.2, 0.5, -0.8, -2.0])
    error = check_grad(
        lambda p: _unlikelihood(p, roots, losses)[0], lambda p: _unlikelihood(p, roots, losses)[1], at, epsilon=1e-6
    )
    assert error < 1e-4 * np.linalg.norm(_unlikelihood(at, roots, losses)[1])


def test_the_domain_that_decides_gets_the_shortest_length() -> None:
    mixtures = design(60, 8)
    lengths = _learn(np.sqrt(mixtures), bump(mixtures) - bump(mixtures).mean())[:-1]
    assert lengths.argmin() == 0


def test_one_of_many_domains_is_found_from_few_trials() -> None:
    train, test = design(40, 12), design(200, 12, seed=1)
    y = np.column_stack([bump(train)])
    predicted = RelevanceProcess().fit(train, (y - y.mean()) / y.std()).predict(test).mean
    assert spearman(predicted, bump(test)[:, None])[0] > 0.99


@pytest.mark.parametrize("n", [40, RANK + 40])
def test_deviations_are_small_at_trials_and_large_far_from_them(n: int) -> None:
    train = design(n, 6)
    y = np.column_stack([bump(train)])
    fitted = RelevanceProcess().fit(train, (y - y.mean()) / y.std())
    corners = fitted.predict(np.eye(6)).sd[0]
    assert fitted.predict(train).sd.mean() < corners.mean()
