"""The experts' screen alone and as features."""

from dataclasses import replace

import numpy as np

from mixpipe.search.methods import load_method


def test_alone_finds_what_the_screen_likes_best(make_problem):
    best = np.array([0.1, 0.6, 0.3])
    problem = make_problem(3, prior=lambda rows: ((rows - best) ** 2).sum(axis=1, keepdims=True))
    found = load_method("mde").recommend(problem, [])
    np.testing.assert_allclose(found.mixture, best, atol=2e-3)


def test_features_repair_a_screen_that_is_off(make_problem, make_trial):
    best = np.array([0.1, 0.6, 0.3])
    problem = make_problem(3, prior=lambda rows: ((rows - best) ** 2).sum(axis=1, keepdims=True) - rows[:, :1])
    rows = problem.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(3), size=25))
    trials = [make_trial(row, [1 + 2 * ((row - best) ** 2).sum()]) for row in rows]
    alone, features = (load_method(f"mde:{kind}").recommend(problem, trials).mixture for kind in ("alone", "features"))
    assert np.abs(alone - best).max() > 0.2
    np.testing.assert_allclose(features, best, atol=0.03)


def test_without_a_screen_it_is_natural_and_says_so(make_problem):
    problem = replace(make_problem(3), prior=None)
    found = load_method("mde").recommend(problem, [])
    np.testing.assert_allclose(found.mixture, problem.natural, atol=1e-4)
    assert "screen" in str(found.evidence["reason"])
