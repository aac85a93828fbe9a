import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.shards.exporters.draws import (
    BLOCK,
    _summed_until_all_are_read,
    _summed_until_one_ends,
    at_random,
    in_blocks,
    in_full,
    largest_deficit,
    until_all_are_read,
    until_one_ends,
)

RULES = [at_random, in_blocks, in_full, largest_deficit]


def drawn(rule, weights, draws, rows=None, seed=0):
    weights = np.asarray(weights, dtype=float)
    return rule.draw(weights, draws, np.zeros(len(weights)) if rows is None else np.asarray(rows, float), seed)


def test_megatrons_blend_of_half_three_tenths_and_a_fifth_is_exact():
    assert drawn(largest_deficit, [0.5, 0.3, 0.2], 5000).tolist() == [2500, 1500, 1000]


def test_the_first_sequences_of_the_largest_deficit_are_those_worked_by_hand():
    # deficits: (.5 .3 .2) -> 0; (-.5 .3 .2) -> 1; (0 -.4 .4) -> 2; (.5 -.1 -.4) -> 0
    steps = [drawn(largest_deficit, [0.5, 0.3, 0.2], n).tolist() for n in range(1, 5)]
    assert steps == [[1, 0, 0], [1, 1, 0], [1, 1, 1], [2, 1, 1]]


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12), st.integers(1, 3000))
@settings(max_examples=30, deadline=None)
def test_the_largest_deficit_is_never_further_off_than_the_domains_are_many(weights, draws):
    counts = drawn(largest_deficit, weights, draws)
    assert np.abs(counts - np.array(weights) / sum(weights) * draws).max() <= len(weights)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12), st.integers(1, 2000))
@settings(max_examples=20, deadline=None)
def test_every_draw_is_counted_once(rule, weights, draws):
    counts = drawn(rule, weights, draws)
    assert counts.sum() == draws
    assert (counts >= 0).all()


def test_whole_numbers_come_back_from_their_shares():
    rows = np.array([7, 1, 999_999, 123_456_789_012])
    assert np.array_equal(drawn(in_full, rows / rows.sum(), int(rows.sum())), rows)


def test_a_small_share_is_lost_in_a_small_block_and_kept_in_ours():
    weights = [1 - 1 / 4000, 1 / 4000]
    assert int(2048 * weights[1]) == 0
    assert drawn(in_blocks, weights, 10 * BLOCK).tolist() == [10 * (BLOCK - 8), 80]


def test_reading_until_all_are_read_ends_with_the_last_domains_last_row():
    rows = [30, 10, 60]
    counts = drawn(until_all_are_read, [0.3, 0.1, 0.6], 100, rows)
    assert (counts >= rows).all()
    assert (counts == rows).any()


def test_random_draws_are_those_of_the_seed():
    assert drawn(at_random, [0.5, 0.5], 1000, seed=1).tolist() == drawn(at_random, [0.5, 0.5], 1000, seed=1).tolist()
    assert drawn(at_random, [0.5, 0.5], 1000, seed=1).tolist() != drawn(at_random, [0.5, 0.5], 1000, seed=2).tolist()


def test_runs_beyond_the_limits_keep_their_shares():
    weights, draws = np.array([0.7, 0.2999, 0.0001]), 30_000_000
    assert np.abs(drawn(largest_deficit, weights, draws) - weights * draws).max() <= 2
    spread = np.sqrt(weights * (1 - weights) * draws)
    assert (np.abs(drawn(at_random, weights, draws) - weights * draws) < 5 * spread).all()


def test_a_long_run_until_all_are_read_overshoots_as_its_rarest_domain_asks():
    rows = np.array([9_000_000, 1_000_000, 100])
    runs = [drawn(until_all_are_read, rows / rows.sum(), int(rows.sum()), rows, seed) for seed in range(400)]
    assert all((counts >= rows).all() and (counts == rows).any() for counts in runs)
    longer = np.array([counts.sum() for counts in runs]) / rows.sum() - 1
    # the time of the 100th draw of the rarest has mean 1 and deviation 0.1: its part above 1 has mean 0.1 / sqrt(2 pi)
    assert longer.mean() == pytest.approx(0.1 / np.sqrt(2 * np.pi), abs=0.012)


def test_short_and_long_runs_until_all_are_read_follow_one_law():
    rows = np.array([80, 20])
    exact = [drawn(until_all_are_read, rows / 100, 100, rows, seed).sum() for seed in range(2000)]
    summed = [_summed_until_all_are_read(rows / 100, 100, rows, seed).sum() for seed in range(2000)]
    assert np.mean(summed) == pytest.approx(np.mean(exact), abs=1.5)  # means of 108, deviations of 11 / sqrt(2000)


def test_a_pass_ends_before_the_draw_that_a_domain_has_nothing_for():
    rows = np.array([300, 100, 600])
    counts = drawn(until_one_ends, rows / 1000, 1000, rows)
    assert (counts <= rows).all() and (counts == rows).any()
    sequence = np.random.default_rng(0).choice(3, size=1000, p=rows / 1000)
    following = sequence[counts.sum()]
    assert np.array_equal(np.bincount(sequence[: counts.sum()], minlength=3), counts)
    assert counts[following] == rows[following]


def test_a_pass_through_more_than_is_wanted_is_whole():
    assert drawn(until_one_ends, [0.5, 0.5], 1000, [1000, 1000]).sum() == 1000


def test_long_passes_end_as_short_ones_do():
    shares, need = np.array([0.3, 0.1, 0.6]), np.array([300, 100, 600])
    one_by_one = [drawn(until_one_ends, shares, 1000, need, seed).sum() for seed in range(400)]
    summed = [_summed_until_one_ends(shares, 1000, need, seed).sum() for seed in range(400)]
    error = np.hypot(np.std(one_by_one), np.std(summed)) / 20
    assert abs(np.mean(one_by_one) - np.mean(summed)) < 4 * error
    assert np.std(summed) == pytest.approx(np.std(one_by_one), rel=0.25)
    assert drawn(until_one_ends, shares, 10**10, need * 10**7).sum() < 10**10


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12), st.integers(1, 3000))
@settings(max_examples=30, deadline=None)
def test_rules_without_chance_are_as_near_as_they_say(weights, draws):
    wanted = np.array(weights) / sum(weights) * draws
    for rule in (in_full, largest_deficit):
        assert np.abs(drawn(rule, weights, draws) - wanted).max() <= rule.within
