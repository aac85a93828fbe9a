import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.plan.makers.ranks import fit_ranks, ranks


def test_a_rank_is_the_weight_below_and_half_of_its_own():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])
    group = np.zeros(3, int)
    state = fit_ranks(values, weights, group)
    assert state["values_0"].tolist() == [1, 2, 3]
    assert state["mass_0"].tolist() == [0, 0.25, 0.75, 1]
    assert ranks(values, ["c", "a", "b"], group, state).tolist() == [0.875, 0.125, 0.5]


def test_values_outside_the_sample_are_between_its_neighbours():
    state = fit_ranks(np.array([1.0, 3.0]), np.ones(2), np.zeros(2, int))
    assert ranks(np.array([0.0, 2.0, 4.0]), ["x", "y", "z"], np.zeros(3, int), state).tolist() == [0, 0.5, 1]


def test_groups_are_ranked_apart_and_one_that_was_not_sampled_is_in_the_middle():
    groups = np.array([4, 4, 7, 7])
    state = fit_ranks(np.array([1.0, 2.0, 200.0, 100.0]), np.ones(4), groups)
    assert state["groups"].tolist() == [4, 7]
    found = ranks(np.array([2.0, 100.0, 5.0]), ["a", "b", "c"], np.array([4, 7, 9]), state)
    assert found.tolist() == [0.75, 0.25, 0.5]


@given(st.permutations(range(40)))
def test_equal_values_are_spread_by_their_ids_whatever_their_order(order):
    ids = [f"{number}" for number in range(40)]
    state = fit_ranks(np.full(40, 5.0), np.ones(40), np.zeros(40, int))
    found = ranks(np.full(40, 5.0), ids, np.zeros(40, int), state)
    again = ranks(np.full(40, 5.0), [ids[row] for row in order], np.zeros(40, int), state)
    assert again.tolist() == found[order].tolist()
    assert len(set(found.tolist())) > 20  # 40 draws of 40 places leave about 25 taken
    assert found.mean() == pytest.approx(0.5, abs=0.2)
