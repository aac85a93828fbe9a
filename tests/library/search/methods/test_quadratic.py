"""The quadratic law's design identifies it, and its optimum is found."""

import numpy as np
import pytest

from mixpipe.search.methods import load_method

LINEAR = np.array([1, 0.8, 0.2])
SQUARE = -np.array([[2, 0.3, 0], [0.3, 1.5, 0.1], [0, 0.1, 1]])
BEST = np.array([0.3260, 0.3516, 0.3223])


def test_the_published_optimum_is_found_from_its_own_design(make_problem, make_trial):
    method, problem = load_method("quadratic"), make_problem(3)
    rows = method.propose(problem, [], 12, np.random.default_rng(0))
    trials = [make_trial(row, [-(LINEAR @ row + row @ SQUARE @ row)]) for row in rows]
    found = method.recommend(problem, trials)
    np.testing.assert_allclose(found.mixture, BEST, atol=5e-3)
    assert (found.evidence["rank"], found.evidence["coefficients"]) == (6, 6)


def test_seed_runs_come_first_and_the_cycle_completes_the_rank(make_problem, make_trial):
    method, problem = load_method("quadratic"), make_problem(5)
    rng = np.random.default_rng(0)
    rows = method.propose(problem, [], 16, rng)
    trials = [make_trial(row, [float(rng.random())]) for row in rows]
    evidence = method.recommend(problem, trials).evidence
    assert evidence["rank"] == 15
    assert evidence["condition"] == pytest.approx(50.87, abs=0.01)
    short = method.recommend(problem, trials[:11]).evidence
    assert (short["rank"], short["condition"]) == (10, None)
