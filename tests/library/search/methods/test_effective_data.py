"""The law's truth is found again from the losses on the domains."""

import numpy as np

from mixpipe.search.laws.effective_data import EffectiveDataLaw
from mixpipe.search.methods import load_method

TRUTH = EffectiveDataLaw(
    np.array([0.8, 0.6, 0.7]),
    np.array([0.1, 0.25, 0.05]),
    np.array([0.8, 0.7, 0.9]),
    np.array([0.35, 0.3, 0.4]),
    np.array([1, 1.2, 0.8]),
)


def test_the_optimum_at_the_budget_is_found(make_problem, make_trial):
    method, problem = load_method("effective-data"), make_problem(3, budget=300.0)
    rows = method.propose(problem, [], 13, np.random.default_rng(0))
    trials = [make_trial(row, [1.0], domains=TRUTH.predict(300 * row[None])[0], tokens=300) for row in rows]
    found = method.recommend(problem, trials).mixture
    least = TRUTH.predict(300 * TRUTH.optimum(300.0)[None]).sum()
    assert TRUTH.predict(300 * found[None]).sum() < least * 1.001


def test_without_domain_losses_it_is_natural_and_says_so(make_problem, make_trial):
    problem = make_problem(3)
    found = load_method("effective-data").recommend(problem, [make_trial(problem.natural, [1.0])] * 9)
    assert "losses on every domain" in str(found.evidence["reason"])
