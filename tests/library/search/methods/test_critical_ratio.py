"""A crossing that is known."""

import numpy as np
import pytest

from mixpipe.search.methods import load_method
from mixpipe.search.methods.critical_ratio import CriticalRatio


def general(share: float) -> float:
    return 1 + 0.2 * share**2


def test_the_crossing_is_found(make_problem, make_trial):
    problem = make_problem(2)
    method = CriticalRatio(tolerated=0.05)
    rows = method.propose(problem, [], 7, np.random.default_rng(0))
    trials = [make_trial(row, [1.0], domains=[2 - row[0], general(row[0])]) for row in rows]
    found = method.recommend(problem, trials)
    # .2 R^2 - .2 / 64 = .05
    assert found.evidence["critical_ratio"] == pytest.approx(np.sqrt(0.25 + 1 / 64), rel=0.01)
    assert CriticalRatio(tolerated=np.inf).recommend(problem, trials).evidence["critical_ratio"] == 7 / 8


@pytest.mark.parametrize(("domains", "reason"), [(3, "one of two domains"), (2, "needs losses at 3 shares")])
def test_otherwise_it_is_natural_and_says_so(make_problem, domains, reason):
    found = load_method("critical-ratio").recommend(make_problem(domains), [])
    assert reason in str(found.evidence["reason"])


def test_a_new_domain_that_learns_nothing_has_no_ratio(make_problem, make_trial):
    problem = make_problem(2)
    rows = CriticalRatio().propose(problem, [], 7, np.random.default_rng(0))
    trials = [make_trial(row, [1.0], domains=[1 + row[0], general(row[0])]) for row in rows]
    assert "no share" in str(CriticalRatio().recommend(problem, trials).evidence["reason"])
