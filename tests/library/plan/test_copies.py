import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.errors import ConfigError
from mixpipe.plan.copies import (
    NEVER,
    VALUE_BINS,
    check_budget,
    draft_copies,
    expected_copies,
    shortfall,
    value_bins,
)
from mixpipe.plan.makers.tilt import quality_tilt

counts = st.lists(st.integers(0, 10**9), min_size=VALUE_BINS, max_size=VALUE_BINS).filter(any)


def test_the_largest_budget_is_that_of_the_domain_that_is_short():
    with pytest.raises(ConfigError, match=r"lower budget_tokens from 1,000 \(at most 500\), raise max_epochs to 8"):
        check_budget(np.array([800.0, 200.0]), np.array([100, 900]), 4.0, ["small", "large"])


def test_value_one_falls_into_the_last_bin():
    assert value_bins(np.array([0.0, 0.5, 1.0], dtype=np.float32)).tolist() == [0, 128, 255]


def test_expected_copies_by_hand():
    # tilt 1 : 3, equal sizes, 8 epochs in total; the better bin is capped at 5 and the other takes the 3 that remain
    copies = expected_copies(np.array([10, 10]), np.array([1.0, 3.0]), 80.0, 5.0)
    assert copies.tolist() == [3.0, 5.0]


@settings(deadline=None)  # a busy machine is no failure
@given(counts, st.floats(0, 1), st.floats(0.001, 1.0), st.sampled_from([0.5, 1.0, 2.5, 4.0, 64.0]))
def test_copies_meet_the_target_within_the_cap_and_rise_with_quality(tokens, strength, share, cap):
    tokens = np.array(tokens)
    target = share * cap * tokens.sum()
    copies = expected_copies(tokens, quality_tilt(strength), target, cap)
    assert (copies * tokens).sum() == pytest.approx(target, rel=1e-9)
    assert copies.max() <= cap
    assert (np.diff(copies) >= 0).all()


def test_shortfall_is_zero_up_to_the_whole_capacity():
    assert shortfall(np.array([40.0, 41.0]), np.array([10, 10]), 4.0).tolist() == [0.0, 1.0]


def test_the_budget_can_be_checked_before_there_are_domains():
    check_budget(np.array([400.0]), np.array([100]), 4.0, ["corpus"])
    with pytest.raises(ConfigError, match=r"401 tokens wanted, 100 available, 1 short.*max_epochs to 5"):
        check_budget(np.array([401.0]), np.array([100]), 4.0, ["corpus"])


def test_a_share_for_an_empty_domain_has_its_own_remedy():
    with pytest.raises(ConfigError, match="leave the empty domain out"):
        check_budget(np.array([1.0]), np.array([0]), 4.0, ["void"])


@settings(deadline=None)  # a busy machine is no failure
@given(st.floats(0, 4), st.floats(0, 1, exclude_max=True))
def test_one_draw_keeps_the_expectation_between_its_whole_numbers(expected, uniform):
    draft = draft_copies(np.array([expected]), np.array([uniform]), 4.0)
    copies = draft.floor[0] + (draft.margin[0] < 0)
    assert copies in (np.floor(expected), np.ceil(expected))
    assert (draft.margin[0] == NEVER) == (expected == 4.0)


def test_mean_of_many_draws_is_the_expectation():
    uniforms = (np.arange(1000) + 0.5) / 1000
    draft = draft_copies(np.full(1000, 2.3), uniforms, 4.0)
    assert (draft.floor + (draft.margin < 0)).mean() == pytest.approx(2.3)
