"""What a method recommends at its end: three candidates are kept, and natural for want of anything says why."""

import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.methods import load_method
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial

TOKENS = np.array([50.0, 30.0, 20.0]) * 1e4
PROBLEM = Problem(tuple("abc"), TOKENS, 1e6, Constraints.from_epochs(TOKENS, 1e6, 2), ("x",), np.ones(1))


@pytest.mark.parametrize("name", ["data-mixing-laws", "merging", "quadratic", "regmix"])
def test_optimum_mean_of_the_best_and_best_measured_are_all_kept(name: str) -> None:
    """A predicted optimum is optimistic: the two that are safer are finalists too, whatever the method."""
    rows = PROBLEM.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(3), 12))
    trials = [Trial(str(n), "t", "round-1", r, 1, 1, 0, {"x": 2 - r[2]}, {}, "ok") for n, r in enumerate(rows)]
    found = load_method(name).recommend(PROBLEM, trials)
    by_name = {candidate.name: candidate for candidate in found.candidates}
    assert list(by_name) == ["predicted", "top-mean", "measured"]
    foreseen = {kind: candidate.predicted for kind, candidate in by_name.items()}
    assert None not in foreseen.values() and foreseen["predicted"] == min(foreseen.values(), key=float)
    assert (by_name["measured"].mixture == rows[np.argmax(rows[:, 2])]).all()
    assert (by_name[str(found.evidence["chosen"])].mixture == found.mixture).all()
    assert found.unconstrained is not None and found.unconstrained[2] > found.mixture[2]


@pytest.mark.parametrize(
    "name", ["bayesian:multi-fidelity", "bayesian:single", "climb:paper", "climb:recipe", "mde", "merging", "regmix"]
)
def test_natural_for_want_of_trials_says_so(name: str) -> None:
    rows = PROBLEM.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(3), 3))
    trials = [Trial(str(n), "t", "round-1", row, 1, 1, 0, {"x": 1.0 + n}, {}, "ok") for n, row in enumerate(rows)]
    found = load_method(name).recommend(PROBLEM, trials)
    assert found.mixture == pytest.approx(PROBLEM.natural, abs=1e-4)
    assert (found.evidence["trials"], found.evidence["chosen"]) == (3, "natural")
    assert found.evidence["reason"]


@pytest.mark.parametrize("name", ["entropy:ce", "entropy:vne", "random"])
def test_natural_for_want_of_measurements_says_so(name: str) -> None:
    found = load_method(name).recommend(PROBLEM, [])
    assert found.mixture == pytest.approx(PROBLEM.natural, abs=1e-4)
    assert "not measured" in str(found.evidence["reason"]) or "no mixture was measured" in str(found.evidence["reason"])
