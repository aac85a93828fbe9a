import numpy as np
import pytest

from mixpipe.search.methods.quadratic import Quadratic

LINEAR = np.array([1.0, 0.8, 0.2])
BENDS = -np.array([[2.0, 0.3, 0.0], [0.3, 1.5, 0.1], [0.0, 0.1, 1.0]])


def test_the_design_begins_with_single_domains_and_identifies_the_surface(make_problem, make_trial):
    """Known answer: the rank of seed runs alone is 10 of 15 at five domains, of the cycle too 15."""
    search, method = make_problem(5), Quadratic()
    rows = method.propose(search, [], 16, np.random.default_rng(0))
    assert rows[:5] == pytest.approx(np.eye(5))
    trials = [make_trial(row, [1.0 + row[0]]) for row in rows]
    found = [method.recommend(search, trials[:count]).evidence for count in (11, 16)]
    assert [evidence["rank"] for evidence in found] == [10, 15]
    assert found[0]["condition"] is None
    assert found[1]["condition"] == pytest.approx(51, abs=1)


def test_the_top_of_a_known_surface_is_found(make_problem, make_trial):
    """Known answer: (.3260, .3516, .3223), of value .0784."""
    search, method = make_problem(3), Quadratic(ridge=1e-6)
    rows = method.propose(search, [], 10, np.random.default_rng(0))
    trials = [make_trial(row, [2 - LINEAR @ row - row @ BENDS @ row]) for row in rows]
    assert method.recommend(search, trials).mixture == pytest.approx([0.3260, 0.3516, 0.3223], abs=2e-3)


def test_a_plane_is_best_at_its_best_domain(make_problem, make_trial):
    search, method = make_problem(3), Quadratic()
    rows = method.propose(search, [], 10, np.random.default_rng(0))
    trials = [make_trial(row, [2 - LINEAR @ row]) for row in rows]
    assert method.recommend(search, trials).mixture[0] > 0.95
