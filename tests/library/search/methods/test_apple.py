from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.methods.apple import ScalingLaw, _grid

GAINS, POWER = np.array([1.0, 2.0, 4.0]), 0.5
# Known answer: with a common power, shares in proportion to C^(1 / (1 - gamma)).
BEST = (0.0476, 0.1905, 0.7619)


def additive(row, size, tokens):
    return [1 + 1 / (GAINS @ row**POWER) + 3 / size**0.3 + 5 / tokens**0.4]


def test_the_grid_has_a_least_share_and_all_its_points():
    rows = _grid(3, 500, np.random.default_rng(0))
    assert rows.sum(axis=1) == pytest.approx(1)
    assert rows.min() == pytest.approx(0.1)
    assert len(np.unique(rows.round(6), axis=0)) == 21
    assert _grid(10, 5, np.random.default_rng(0)).min() >= 0.05


@pytest.mark.parametrize("variant", ["additive", "joint"])
def test_the_optimum_of_an_additive_truth_is_found_by_both_laws(variant, make_problem, make_trial):
    search, method = make_problem(3), ScalingLaw(variant)
    rows = method.propose(search, [], 10, np.random.default_rng(0))
    trials = [
        make_trial(row, additive(row, size, 4000), tokens=4000, size=size,
                   earlier={t: additive(row, size, t) for t in (500, 1000, 2000)})
        for row in rows for size in (100, 400)
    ]  # fmt: skip
    found = method.recommend(search, trials)
    assert found.mixture == pytest.approx(BEST, abs=0.02)
    assert (found.evidence["variant"], found.evidence["tokens"]) == (variant, 1e6)


def test_at_one_size_and_budget_the_mixture_alone_decides(make_problem, make_trial):
    search, method = make_problem(3), ScalingLaw()
    rows = method.propose(search, [], 16, np.random.default_rng(0))
    trials = [make_trial(row, additive(row, 100, 1000), size=100) for row in rows]
    found = method.recommend(search, trials)
    assert found.mixture == pytest.approx(BEST, abs=0.03)
    assert found.evidence["tokens"] == 1000


def test_too_few_rows_fall_back_to_the_simpler_law_and_then_to_natural(make_problem, make_trial):
    search, method = make_problem(3), ScalingLaw("joint")
    rows = method.propose(search, [], 16, np.random.default_rng(0))
    trials = [make_trial(row, additive(row, 100, 1000), size=100) for row in rows]
    assert method.recommend(search, trials).evidence["variant"] == "additive"
    few = method.recommend(search, trials[:10])
    assert "11 losses" in few.evidence["reason"]
    broken = [replace(trials[0], model_size=0), *trials[1:]]
    assert search.constraints.feasible(method.recommend(search, broken).mixture)
