from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.methods import load_method, method_names
from mixpipe.search.methods.random_search import RandomSearch
from mixpipe.search.objective import Objective
from mixpipe.search.replay.pool import Pool, gap_curves, gap_left, replay_search, reported
from mixpipe.search.replay.tables import read_runs
from mixpipe.search.replay.where import where

PILE = Path(__file__).parents[4] / "../shared/data/mixture_runs/regmix_pile/runs.csv"


@pytest.fixture(scope="module")
def pile() -> Pool:
    if not PILE.is_file():
        pytest.skip("the recorded runs are not beside the repository")
    return Pool.of(where(read_runs(PILE), "suite == train_1m"))


def test_the_gap_runs_from_the_median_to_the_best(table):
    pool = Pool.of(table, "mean")
    assert pool.gaps.min() == 0
    assert np.median(pool.gaps) == pytest.approx(1)
    order = table.losses.mean(axis=1).argsort()
    assert pool.trials[int(pool.gaps.argmin())].trial == table.run_ids[order[0]]


@pytest.mark.parametrize("name", [name for name in method_names() if load_method(name).about.family != "no training"])
def test_every_method_uses_up_a_pool_without_repeats(table, name):
    small = Pool.of(table.rows(np.arange(18)))
    curve = replay_search(small, load_method(name), budget=25, batch=6, seed=0)
    assert curve.shape == (25,)
    assert (np.diff(curve) <= 0).all()
    assert curve[17:].tolist() == [0.0] * 8


def test_equal_mixtures_are_one_and_runs_that_lack_a_target_are_left_out(table):
    losses = np.concatenate([table.losses, table.losses + 1])
    losses[0, 0] = np.nan
    twice = table.rows(np.tile(np.arange(60), 2))
    pool = Pool.of(type(table)(**{**vars(twice), "losses": losses}))
    assert len(pool.trials) == 60
    first = next(trial for trial in pool.trials if trial.trial == "r1")
    assert first.target_losses["x"] == pytest.approx(table.losses[1, 0] + 0.5)


def test_a_table_without_a_gap_is_refused(table):
    flat = type(table)(**{**vars(table), "losses": np.ones((60, 2))})
    with pytest.raises(InputError, match="differ between the runs"):
        Pool.of(flat)
    with pytest.raises(ConfigError, match="standardised, mean, found 'worst'"):
        Pool.of(table, "worst")


def test_figures_are_given_at_the_points_asked_for(table):
    found = gap_left(Pool.of(table), load_method("random"), budget=40, batch=5, seeds=3)
    assert list(found) == ["20", "40"]
    assert found["20"]["mean"] >= found["40"]["mean"] >= 0


def test_a_seed_gives_all_methods_that_rank_the_same_first_batch(table):
    names = ("random", "climb:paper", "bayesian", "mixpipe")
    curves = [gap_curves(Pool.of(table), load_method(name), budget=12, batch=5, seeds=range(4)) for name in names]
    assert all((curve[:, :5] == curves[0][:, :5]).all() for curve in curves)


def test_a_search_ends_once_the_best_is_found(table):
    pool, asked = Pool.of(table), []
    best = pool.trials[int(pool.gaps.argmin())].mixture

    class Guided(RandomSearch):
        def rank(self, problem, trials, candidates, count, rng):
            asked.append(len(trials))
            return np.abs(candidates - best).sum(axis=1).argsort()[:count]

    assert replay_search(pool, Guided(), budget=30, batch=5, seed=0).tolist() == [0.0] * 30
    assert asked == [0]


def test_a_process_beats_chance_on_the_runs_of_the_pile(pile):
    """Known answer: expected improvement left a third of what chance left after 20 and 40 runs, or less."""
    left = {name: gap_left(pile, load_method(name), budget=40, batch=5, seeds=4) for name in ("random", "bayesian")}
    assert left["bayesian"]["40"]["mean"] < left["random"]["40"]["mean"] / 3


def test_the_budget_is_reported_and_one_search_has_no_deviation(table):
    found = gap_left(Pool.of(table), load_method("random"), budget=30, batch=5, seeds=1)
    assert list(found) == ["20", "30"]
    assert np.isnan(found["30"]["sd"])
    assert reported(100) == (20, 40, 60, 80, 100)


def test_random_leaves_what_blind_draws_leave(table):
    """Oracle: the least of n of N values drawn blindly exceeds the i-th smallest with odds C(N - i, n) / C(N, n)."""
    pool = Pool.of(table)
    n, size, gaps = 20, len(pool.trials), np.sort(pool.gaps)
    exceeds = np.cumprod([(size - i - n) / (size - i) for i in range(size - n)])
    expected = (np.diff(gaps)[: size - n] * exceeds).sum()
    curves = np.array([replay_search(pool, load_method("random"), budget=n, batch=5, seed=seed) for seed in range(300)])
    assert curves[:, -1].mean() == pytest.approx(expected, abs=4 * curves[:, -1].std() / np.sqrt(300))


def test_a_one_shot_method_ends_with_the_run_nearest_to_its_recommendation(table):
    """The losses fall with the first share, so the recommended run is near the best and blind draws seldom are."""
    pool = Pool.of(table)
    ends = {
        name: np.mean([replay_search(pool, load_method(name), budget=12, batch=5, seed=seed)[-1] for seed in range(8)])
        for name in ("regmix", "random")
    }
    assert ends["regmix"] < ends["random"]


def test_the_objective_asked_for_is_the_one_that_methods_see(table):
    unequal = type(table)(**{**vars(table), "losses": table.losses * [1, 100]})
    pool = Pool.of(unequal, "mean")
    measured = np.array([list(trial.target_losses.values()) for trial in pool.trials])
    seen = Objective.fit(measured, pool.asked(pool.trials).target_weights).value(measured)
    assert np.corrcoef(seen, measured.mean(axis=1))[0, 1] == pytest.approx(1)
    assert pool.asked([]).target_weights.tolist() == [1, 1]
    assert Pool.of(unequal).asked(pool.trials).target_weights.tolist() == [1, 1]
