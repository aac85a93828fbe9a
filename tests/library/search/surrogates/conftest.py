"""Random mixtures on which the forms are fitted and tried."""

from collections.abc import Callable

import numpy as np
import pytest


def draw_mixtures(n: int, seed: int = 0, k: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(k), size=n)


@pytest.fixture(scope="session")
def design() -> Callable[..., np.ndarray]:
    """Draw (n, k) mixtures, uniform on the simplex, four domains unless said."""
    return draw_mixtures
