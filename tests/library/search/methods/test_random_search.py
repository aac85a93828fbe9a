"""The best measured wins, by all targets together, and draws do not depend on what was measured."""

import numpy as np
import pytest

from mixpipe.search.methods.random_search import RandomSearch

METHOD = RandomSearch()


def test_the_best_of_all_targets_is_recommended(make_problem, make_trial) -> None:
    problem = make_problem(3, 2)
    rows = METHOD.propose(problem, [], 4, np.random.default_rng(0))
    # In deviations of each target the third is best: first on neither, second on both.
    trials = [make_trial(row, y) for row, y in zip(rows, [(1, 9), (9, 1), (2, 2), (9, 9)], strict=True)]
    found = METHOD.recommend(problem, trials)
    assert (found.mixture == rows[2]).all()
    assert [candidate.name for candidate in found.candidates] == ["measured"]


def test_what_was_measured_changes_no_draw(make_problem, make_trial) -> None:
    problem = make_problem(3)
    first = METHOD.propose(problem, [], 3, np.random.default_rng(1))
    for losses in ([1.0], [5.0]):
        trials = [make_trial(row, losses) for row in first]
        again = METHOD.propose(problem, trials, 3, np.random.default_rng(2))
        assert (again == METHOD.propose(problem, [], 3, np.random.default_rng(2))).all()


def test_the_more_draws_the_nearer_the_optimum(make_oracle) -> None:
    oracle = make_oracle(0, noise=0.0)
    trials = oracle.search(METHOD, (64,), 0)
    gains = [oracle.recovered(METHOD.recommend(oracle.problem, trials[:n]).mixture) for n in (3, 7, 19, 67)]
    assert gains[0] == pytest.approx(0, abs=1e-3)  # the natural mixture alone, on the lattice
    assert gains == sorted(gains)
    assert gains[-1] > 0.4
