import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from mixpipe.errors import ConfigError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import LATTICE


def random_constraints(seed: int) -> Constraints:
    rng = np.random.default_rng(seed)
    inside = rng.dirichlet(np.ones(rng.integers(2, 12)))
    caps = np.minimum(1, inside * rng.uniform(1, 3, len(inside)))
    return Constraints(inside * rng.uniform(0, 1, len(inside)), caps)


@given(st.integers(0, 2**32))
def test_projections_and_lattice_mixtures_are_feasible(seed: int) -> None:
    constraints = random_constraints(seed)
    points = np.random.default_rng(seed).dirichlet(np.ones(len(constraints.caps)), size=8)
    projected, settled = constraints.project(points), constraints.settle(points)
    assert constraints.feasible(projected)
    assert constraints.feasible(settled)
    assert (settled.sum(axis=1) == 1).all()
    assert (settled * LATTICE == np.rint(settled * LATTICE)).all()
    assert np.abs(constraints.project(projected) - projected).max() < 1e-12
    assert (constraints.settle(settled) == settled).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_projection_is_the_nearest_point(seed: int) -> None:
    constraints = random_constraints(seed)
    k = len(constraints.caps)
    point = np.random.default_rng(seed).dirichlet(np.full(k, 0.3))
    solved = minimize(
        lambda w: ((w - point) ** 2).sum(),
        constraints.project(np.full(k, 1 / k)),
        jac=lambda w: 2 * (w - point),
        bounds=list(zip(constraints.floors, constraints.caps, strict=True)),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    assert constraints.project(point) == pytest.approx(solved.x, abs=1e-6)


def test_clip_and_rescale_is_not_what_happens() -> None:
    constraints = Constraints(np.zeros(3), np.array([0.3, 0.3, 1.0]))
    assert constraints.project(np.array([0.29, 0.5, 0.21])) == pytest.approx([0.3, 0.3, 0.4])


def test_caps_come_from_epochs_and_floors_never_exceed_them() -> None:
    constraints = Constraints.from_epochs(np.array([10.0, 100, 890]), 2000, 4, min_weight=0.05)
    assert constraints.caps == pytest.approx([0.02, 0.2, 1.0])
    assert constraints.floors == pytest.approx([0.02, 0.05, 0.05])


def test_the_whole_corpus_at_the_cap_leaves_only_the_natural_mixture() -> None:
    tokens = np.array([1.0, 3, 5, 91])
    constraints = Constraints.from_epochs(tokens, 400, 4)
    settled = constraints.settle(np.full(4, 0.25))
    assert np.abs(settled - tokens / 100).max() <= 1 / LATTICE
    assert constraints.feasible(settled)


def test_a_budget_above_the_caps_is_refused_with_the_shortfall_and_the_remedies() -> None:
    with pytest.raises(ConfigError, match=r"1,000 tokens short; lower budget_tokens to 4,000, raise max_epochs to 5"):
        Constraints.from_epochs(np.array([400.0, 600.0]), 5000, 4)


def test_floors_above_the_budget_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"200 tokens too many; lower it to 0.5 or less"):
        Constraints.from_epochs(np.array([1e6, 1e6]), 1000, 4, min_weight=0.6)


@pytest.mark.parametrize(
    ("floors", "caps"),
    [([0.0, 0.0], [0.4, 0.4]), ([0.6, 0.6], [1.0, 1.0]), ([0.5, 0.0], [0.4, 1.0]), ([0.0, 0.0], [1.0, 1.5])],
)
def test_impossible_bounds_are_refused(floors: list[float], caps: list[float]) -> None:
    with pytest.raises(ConfigError):
        Constraints(np.array(floors), np.array(caps))


def test_infeasible_mixtures_are_recognised() -> None:
    constraints = Constraints(np.array([0.1, 0.0]), np.array([0.5, 1.0]))
    assert constraints.feasible(np.array([0.5, 0.5]))
    assert not constraints.feasible(np.array([0.6, 0.4]))
    assert not constraints.feasible(np.array([0.05, 0.95]))
    assert not constraints.feasible(np.array([0.4, 0.4]))
