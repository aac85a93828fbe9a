"""Known answers of the specification (Token Cleaning), and a global choice against a plain sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.shards.cleaning.selecting import IGNORED, count_equal, cutoff, keep_global, keep_sample, labels


def floats(*values):
    return np.array(values, np.float32)


def chosen(arrays, keep):
    """Return what a global choice keeps of each array."""
    end = cutoff(lambda: arrays, keep)
    before, found = 0, []
    for excess in arrays:
        found.append(keep_global(excess, end, before))
        before += count_equal(excess, end)
    return found


def test_the_largest_excess_of_base_over_reference_is_kept():
    excess = floats(3, 1, 0.2, 2) - floats(1, 0.9, 0.2, 2.5)
    np.testing.assert_allclose(excess, [2, 0.1, 0, -0.5], atol=1e-6)
    assert keep_sample(excess, np.array([4]), 0.5).tolist() == [True, True, False, False]
    assert chosen([excess], 0.5)[0].tolist() == [True, True, False, False]


def test_global_may_empty_a_sample_and_sample_never_prefers_one():
    one, other = floats(5, 4, 3, 2, 1), floats(*[0.1] * 5)
    kept = chosen([one, other], 0.4)
    assert [int(mask.sum()) for mask in kept] == [4, 0]
    by_sample = keep_sample(np.concatenate([one, other]), np.array([5, 5]), 0.4)
    assert [int(by_sample[:5].sum()), int(by_sample[5:].sum())] == [2, 2]


def test_a_prompt_is_never_kept():
    ids = np.arange(10, 16, dtype=np.int32)
    is_response = np.array([False, False, True, True, False, True])
    found = labels(ids, is_response, np.array([True, False, True]))
    assert found.tolist() == [IGNORED, IGNORED, 12, IGNORED, IGNORED, 15]
    everything = labels(ids, is_response, np.ones(3, np.bool_))
    assert (everything[~is_response] == IGNORED).all()


def test_ties_go_to_the_first_across_arrays():
    arrays = [floats(1, 0, 1), floats(1, 1)]
    assert [mask.tolist() for mask in chosen(arrays, 0.6)] == [[True, False, True], [True, False]]


def test_both_zeros_are_one():
    assert [mask.tolist() for mask in chosen([floats(-0.0, 0.0), floats(0.0)], 0.4)] == [[True, False], [False]]


NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(NUMBERS | st.sampled_from([0.0, 1.0, -1.0]), max_size=20), max_size=6), st.floats(0.01, 1))
def test_a_global_choice_is_that_of_a_stable_sort(parts, keep):
    arrays = [floats(*part) for part in parts]
    together = np.concatenate([floats(), *arrays])
    expected = np.zeros(len(together), np.bool_)
    expected[np.argsort(-together, kind="stable")[: int(keep * len(together))]] = True
    assert np.concatenate([np.zeros(0, np.bool_), *chosen(arrays, keep)]).tolist() == expected.tolist()


@pytest.mark.parametrize(("count", "keep", "kept"), [(5, 0.6, 3), (1, 0.6, 0), (0, 1.0, 0), (7, 1.0, 7)])
def test_the_share_is_cut_to_whole_tokens(count, keep, kept):
    excess = np.arange(count, dtype=np.float32)
    assert keep_sample(excess, np.array([count]), keep).sum() == kept
    assert sum(mask.sum() for mask in chosen([excess], keep)) == kept
