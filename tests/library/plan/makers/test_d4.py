"""What only `d4` does; what it shares with other makers that pick: test_selection_makers.py and the contract suite."""

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.plan.copies import VALUE_BINS, value_bins
from mixpipe.plan.makers import load_maker
from mixpipe.plan.makers.d4 import D4
from mixpipe.plan.makers.protocol import Filled, Pool


def crowd() -> Pool:
    """Return 50 near-duplicates, then 150 spread documents, of ten tokens each."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([np.eye(1, 8) + 0.01 * rng.standard_normal((50, 8)), rng.standard_normal((150, 8))])
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"id{row:03}" for row in range(200)]
    return Pool(ids, ids, ["s"] * 200, vectors, np.full(200, 10))


def test_near_duplicates_come_last():
    found = D4().order(crowd(), np.random.default_rng(0))
    assert (found[150:] < 50).sum() >= 48


def test_a_small_budget_takes_a_random_part_of_the_kept():
    pool = crowd()
    found = [D4().order(pool, np.random.default_rng(seed)) for seed in range(2)]
    both = [len(set(found[0][:first].tolist()) & set(found[1][:first].tolist())) for first in (120, 30)]
    assert both[0] > 90  # 72 by chance
    assert both[1] < 15  # 7 or 8 by chance, of 120 kept


@pytest.mark.parametrize(("target", "wanted"), [(600, [0.5, 0, 0]), (1_350, [1, 0.5, 0]), (3_200, [2, 1, 1])])
def test_a_larger_budget_takes_prototypes_then_duplicates_before_a_second_copy(target, wanted):
    order = D4().order(crowd(), np.random.default_rng(0))
    bins = np.zeros(200, np.int64)
    bins[order] = value_bins(1 - (np.arange(200) + 0.5) / 200)
    filled = Filled(10 * np.bincount(bins, minlength=VALUE_BINS)[None], np.array([float(target)]), 4.0)
    copies = D4().preference(filled)[0, bins[order]]
    assert [part.mean() for part in np.split(copies, [120, 150])] == pytest.approx(wanted)  # kept, prototypes, rest
    assert 10 * copies.sum() == pytest.approx(target)


@pytest.mark.parametrize("settings", [{"r_dedup": 0}, {"r_dedup": 1.1}, {"r_proto": 0}, {"r_proto": -0.5}])
def test_ratios_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=f"{next(iter(settings))} of the plan maker d4"):
        load_maker("d4", settings)
