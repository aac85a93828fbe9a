from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.methods import load_method, method_names
from mixpipe.search.replay.pool import Pool, gap_left, replay_search
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


def test_a_process_beats_chance_on_the_runs_of_the_pile(pile):
    """Known answer: expected improvement left a third of what chance left after 20 and 40 runs, or less."""
    left = {name: gap_left(pile, load_method(name), budget=40, batch=5, seeds=4) for name in ("random", "bayesian")}
    assert left["bayesian"]["40"]["mean"] < left["random"]["40"]["mean"] / 3
