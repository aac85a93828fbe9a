"""Ranks make targets of any unit equal, and rounds get better."""

from dataclasses import replace

import numpy as np

from mixpipe.search.methods import load_method


def test_a_target_of_large_losses_has_no_larger_say(make_problem, make_trial):
    problem = make_problem(3, 2)
    rows = problem.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(3), size=60))
    bests = np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2]])

    def found(unit: float) -> np.ndarray:
        trials = [make_trial(row, ((row - bests) ** 2).sum(axis=1) * [1, unit]) for row in rows]
        return load_method("merging").recommend(problem, trials).mixture

    np.testing.assert_array_equal(found(1.0), found(1000.0))


def test_later_rounds_are_better_than_the_first(make_oracle):
    oracle = make_oracle(0, noise=0.0)
    trials = oracle.search(load_method("merging"), (32, 16, 8), 0)[3:]
    values = [oracle.value(trial.mixture) for trial in trials]
    assert np.mean(values[32:]) < np.mean(values[:32])


def test_many_domains_of_like_size_leave_something_to_propose(make_problem, make_trial):
    """Not one draw in thousands keeps 40 equal domains under 4 times their shares."""
    problem, method = make_problem(40), replace(load_method("merging"), candidates=256)
    rows = method.propose(problem, [], 8, np.random.default_rng(0))
    assert len(rows) == 8
    trials = [make_trial(row, [2 - row[0]]) for row in rows]
    assert len(method.propose(problem, trials, 4, np.random.default_rng(1))) == 4
    found = method.recommend(problem, trials).mixture
    assert 1 / 40 < found[0] <= 4 / 40 + 2**-16
