from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from mixpipe.mixture.simplex import renormalise
from mixpipe.search.acquisition import log_expected_improvement
from mixpipe.search.forecast import forecast_objective
from mixpipe.search.methods.mixpipe import Mixpipe
from mixpipe.search.methods.random_search import RandomSearch
from mixpipe.search.methods.regmix import RegMix

MakeOracle = Callable[..., Any]


def test_rounds_find_the_known_optimum_and_beat_one_shot_and_random(make_oracle: MakeOracle) -> None:
    arms = {
        "mixpipe": (Mixpipe(surrogate="gp"), (16, 8, 4)),
        "regmix": (RegMix(surrogate="gp"), (28,)),
        "random": (RandomSearch(), (28,)),
    }
    found = {name: 0.0 for name in arms}
    for seed in range(3):
        oracle = make_oracle(seed)
        for name, (method, rounds) in arms.items():
            trials = oracle.search(method, rounds, seed)
            found[name] += oracle.recovered(method.recommend(oracle.problem, trials).mixture) / 3
    # Measured over 8 seeds of harder oracles: .93, .77 and .54.
    assert found["mixpipe"] > 0.85
    assert found["mixpipe"] > max(found["regmix"], found["random"])


def test_a_round_believes_what_it_has_just_chosen(make_oracle: MakeOracle) -> None:
    """The first choice is that of expected improvement; the others lie further apart than the next in its order."""
    found, plain = [], []
    for seed in range(4):
        oracle = make_oracle(seed)
        rng = np.random.default_rng(seed)
        trials = oracle.search(RandomSearch(), (12,), seed)
        rows = rng.dirichlet(np.ones(len(oracle.problem.domains)), size=200)
        rows = np.concatenate([rows, renormalise(rows + 1e-3)])
        chosen = Mixpipe().rank(oracle.problem, trials, rows, 5, rng)
        assert len(set(chosen.tolist())) == 5
        fitted = forecast_objective(oracle.problem, trials, Mixpipe().explorer)
        best = min(float(fitted.score(fitted.mixtures)[0].min()), float(fitted.measured().min()))
        order = np.argsort(-log_expected_improvement(*fitted.score(rows), best), kind="stable")
        assert chosen[0] == order[0]
        found.append(pdist(np.sqrt(rows[chosen[:3]])).mean())
        plain.append(pdist(np.sqrt(rows[order[:3]])).mean())
    assert np.mean(found) > np.mean(plain)


def test_one_of_a_round_is_the_optimum_of_the_exponential_laws(make_oracle: MakeOracle) -> None:
    """The oracle's losses are such laws, so without noise that one recovers nearly all there is."""
    for seed in range(3):
        oracle = make_oracle(seed, noise=0.0)
        trials = oracle.search(RandomSearch(), (24,), seed)
        rows = Mixpipe().propose(oracle.problem, trials, 4, np.random.default_rng(seed))
        assert oracle.recovered(rows[0]) > 0.97
        assert len(rows) == len(np.unique(rows, axis=0)) == 4


def test_a_law_optimum_that_was_tried_leaves_the_round_to_process_and_trees(
    make_oracle: MakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = make_oracle(2, noise=0.0)
    trials = oracle.search(RandomSearch(), (24,), 2)
    corner = Mixpipe().propose(oracle.problem, trials, 4, np.random.default_rng(2))[0]
    trials.append(oracle.trial(corner, len(trials)))  # laws without noise are now as sure as they get
    rows = Mixpipe().propose(oracle.problem, trials, 4, np.random.default_rng(2))
    monkeypatch.setattr(f"{Mixpipe.__module__}.LEAST_WITH_LAW", 5)
    assert np.array_equal(rows, Mixpipe().propose(oracle.problem, trials, 4, np.random.default_rng(2)))


def test_a_biased_screen_helps_when_trials_are_few(make_oracle: MakeOracle) -> None:
    gains = []
    for seed in range(4):
        plain = make_oracle(seed, noise=0.03)
        values = []
        for oracle in (plain, plain.with_prior(seed)):
            method = Mixpipe(surrogate="gp")
            values.append(
                oracle.recovered(method.recommend(oracle.problem, oracle.search(method, (6, 3), seed)).mixture)
            )
        gains.append(values[1] - values[0])
    assert np.mean(gains) > 0


def test_the_optimum_without_constraints_is_shown_beside_the_feasible_one(make_oracle: MakeOracle) -> None:
    oracle = make_oracle(1)
    method = Mixpipe(surrogate="gp")
    result = method.recommend(oracle.problem, oracle.search(method, (16, 8), 1))
    assert result.unconstrained is not None
    assert not oracle.problem.constraints.feasible(result.unconstrained)
    assert oracle.problem.constraints.feasible(result.mixture)
    assert [candidate.name for candidate in result.candidates] == ["predicted", "top-mean", "measured"]
