import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.plan.selection.lazy import lazy_greedy


def cover(sets: list[set[int]]) -> tuple[list[int], list[float], int]:
    """Order sets by how many new elements each has, counting how often a gain is computed."""
    seen: set[int] = set()
    calls = 0

    def gain(row: int) -> float:
        nonlocal calls
        calls += 1
        return float(len(sets[row] - seen))

    picks = lazy_greedy(len(sets), gain, lambda row: seen.update(sets[row]))
    return picks.order.tolist(), picks.gains.tolist(), calls


@given(st.lists(st.sets(st.integers(0, 12)), max_size=12))
def test_the_order_is_that_of_the_plain_greedy_ties_to_the_lower_row(sets):
    order, gains, _ = cover(sets)
    seen: set[int] = set()
    left = list(range(len(sets)))
    for row, gain in zip(order, gains, strict=True):
        best = max(left, key=lambda r: (len(sets[r] - seen), -r))
        assert (row, gain) == (best, len(sets[best] - seen))
        seen |= sets[best]
        left.remove(best)
    assert not left


def test_rows_that_do_not_meet_are_looked_at_twice_at_most():
    sets = [{10 * row + i for i in range(1 + row % 7)} for row in range(200)]
    assert cover(sets)[2] <= 2 * len(sets)


def test_nothing_to_pick():
    picks = lazy_greedy(0, lambda row: 0.0, lambda row: None)
    assert picks.order.dtype == np.int64
    assert len(picks.order) == len(picks.gains) == 0
