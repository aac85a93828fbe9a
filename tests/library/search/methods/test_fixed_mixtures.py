import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.methods import load_method
from mixpipe.search.methods.temperature import Temperature
from mixpipe.search.methods.unimax import unimax_tokens
from mixpipe.search.problem import Problem

SIZES = np.array([10.0, 100.0, 1000.0])


def problem(tokens: np.ndarray, budget: float, max_epochs: float) -> Problem:
    constraints = Constraints.from_epochs(tokens, budget, max_epochs)
    return Problem(("a", "b", "c"), tokens, budget, constraints, ("x",), np.ones(1))


@pytest.mark.parametrize(
    ("budget", "cap", "expected"), [(300, 2, (20, 140, 140)), (300, 1, (10, 100, 190)), (5000, 4, (40, 400, 4000))]
)
def test_unimax_gives_the_published_budgets(budget: float, cap: float, expected: tuple[float, ...]) -> None:
    assert unimax_tokens(cap * SIZES, budget).tolist() == list(expected)
    assert unimax_tokens(cap * SIZES[::-1], budget).tolist() == list(expected)[::-1]


def test_unimax_without_caps_is_uniform() -> None:
    assert unimax_tokens(np.full(3, np.inf), 300).tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1.43, (0.598, 0.249, 0.153)), (2, (0.523, 0.280, 0.198)), (3.33, (0.446, 0.306, 0.248))],
)
def test_temperatures_give_the_known_shares(temperature: float, expected: tuple[float, ...]) -> None:
    found = Temperature(temperature).weights(problem(np.array([70.0, 20, 10]), 10, 100))
    assert found == pytest.approx(expected, abs=6e-4)


def test_controls_obey_the_caps() -> None:
    search = problem(SIZES, 300, 2)
    found = {name: load_method(name).recommend(search, []).mixture for name in ("natural", "uniform", "unimax")}
    assert found["natural"] == pytest.approx(SIZES / 1110, abs=2e-5)
    # Uniform under caps (.067, .67, 1) is the same as UniMax: the rest is shared equally.
    for name in ("uniform", "unimax"):
        assert found[name] == pytest.approx([0.0667, 0.4667, 0.4667], abs=1e-4)


def test_a_fixed_mixture_is_proposed_once() -> None:
    search = problem(SIZES, 300, 2)
    method = load_method("unimax")
    assert method.propose(search, [], 8, np.random.default_rng(0)).shape == (1, 3)
