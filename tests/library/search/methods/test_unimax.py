"""UniMax gives the published budgets, in whatever order domains come."""

import numpy as np
import pytest

from mixpipe.search.methods.unimax import UniMax, unimax_tokens

SIZES = np.array([10.0, 100.0, 1000.0])


@pytest.mark.parametrize(
    ("budget", "cap", "expected"), [(300, 2, (20, 140, 140)), (300, 1, (10, 100, 190)), (5000, 4, (40, 400, 4000))]
)
def test_the_published_budgets(budget: float, cap: float, expected: tuple[float, ...]) -> None:
    assert unimax_tokens(cap * SIZES, budget).tolist() == list(expected)
    assert unimax_tokens(cap * SIZES[::-1], budget).tolist() == list(expected)[::-1]


def test_without_caps_it_is_uniform() -> None:
    assert unimax_tokens(np.full(3, np.inf), 300).tolist() == [100, 100, 100]


def test_its_mixture_is_that_of_its_tokens(sized) -> None:
    found = UniMax().recommend(sized(SIZES, budget=300, epochs=2), []).mixture
    assert found == pytest.approx([20 / 300, 140 / 300, 140 / 300], abs=1e-4)
