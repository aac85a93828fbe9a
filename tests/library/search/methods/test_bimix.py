import numpy as np
import pytest

from mixpipe.search.laws.bimix import BimixLaw
from mixpipe.search.methods.bimix import Bimix

# Known answer, specification of the laws: shares (.1589, .4541, .3870) at a budget of 10,000.
LAW = BimixLaw(
    np.array([1.0, 1.2, 0.8]),
    np.array([5.0, 3.0, 4.0]),
    np.array([1.5, 2.0, 1.0]),
    np.array([0.05, 0.1, 0.2]),
    np.full(3, 0.3),
)
BEST = (0.1589, 0.4541, 0.3870)


def trials_of(make_trial, rows, budgets):
    return [
        make_trial(row, [2.0 + i], domains=LAW.predict(row[None], budget)[0], tokens=budget)
        for i, row in enumerate(rows)
        for budget in budgets
    ]


def test_one_budget_recovers_the_optimum_there(make_problem, make_trial):
    search, method = make_problem(3), Bimix()
    rows = method.propose(search, [], 4, np.random.default_rng(0))
    found = method.recommend(search, trials_of(make_trial, rows, [10_000]))
    assert found.mixture == pytest.approx(BEST, abs=2e-3)
    assert found.evidence["exponents"] == pytest.approx([0.05, 0.1, 0.2], abs=1e-3)


def test_three_budgets_are_extended_to_the_one_asked_for(make_problem, make_trial):
    search, method = make_problem(3, budget=1e4), Bimix()
    rows = method.propose(search, [], 4, np.random.default_rng(0))
    found = method.recommend(search, trials_of(make_trial, rows, [100, 300, 1000, 3000]))
    assert found.evidence["budget"] == 1e4
    assert found.mixture == pytest.approx(BEST, abs=0.01)


def test_a_domain_without_losses_gets_nothing_and_weights_count(make_problem, make_trial):
    search = make_problem(3)
    rows = Bimix().propose(search, [], 4, np.random.default_rng(0))
    trials = trials_of(make_trial, rows, [10_000])
    for trial in trials:
        del trial.domain_losses["1"]
    assert Bimix().recommend(search, trials).mixture[1] < 0.01
    assert Bimix((1, 0, 0)).recommend(search, trials).mixture[0] > 0.99


def test_without_losses_on_domains_it_is_natural_and_says_so(make_problem, make_trial):
    search = make_problem(3)
    found = Bimix().recommend(search, [make_trial(row, [1.0]) for row in np.eye(3)])
    assert found.mixture == pytest.approx(search.natural, abs=1e-4)
    assert "losses on the domains" in found.evidence["reason"]
