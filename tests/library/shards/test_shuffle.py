from itertools import permutations, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.errors import StageError
from mixpipe.shards.shuffle import keep_apart, place_copies, shard_order


def neighbours_differ(ids, before=None):
    return all(left != right for left, right in zip([before, *ids], ids, strict=False))


def test_copies_lie_exactly_their_share_of_the_data_apart():
    placed = place_copies(["a", "b", "c"], np.array([[4], [0], [1]], dtype=np.int32), seed=0)
    mine = placed.position[placed.row == 0]
    assert np.diff(mine) == pytest.approx([0.25] * 3)
    assert placed.copy[placed.row == 0].tolist() == [0, 1, 2, 3]
    assert sorted(placed.row.tolist()) == [0, 0, 0, 0, 2]
    assert (np.diff(placed.position) >= 0).all()


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.integers(0, 9))
def test_a_documents_place_does_not_depend_on_its_company(copies, seed):
    keys = [f"{i}" for i in range(len(copies))]
    placed = place_copies(keys, np.array(copies, dtype=np.int32)[:, None], seed)
    assert len(placed.row) == sum(copies)
    assert ((placed.position >= 0) & (placed.position <= 1)).all()
    alone = place_copies(keys[:1], np.array([copies[:1]], dtype=np.int32), seed)
    assert placed.position[placed.row == 0].tolist() == alone.position.tolist()


def test_positions_are_uniform():
    placed = place_copies([f"{i}" for i in range(4000)], np.full((4000, 1), 2, dtype=np.int32), seed=1)
    histogram, _ = np.histogram(placed.position, bins=10, range=(0, 1))
    assert histogram.min() > 700  # 800 expected, standard deviation 20


def test_order_without_repeats_is_by_position_and_then_by_id():
    order = shard_order(pa.chunked_array([[0.5, 0.1, 0.1]]), pa.chunked_array([["a", "c", "b"]]), "x", is_last=True)
    assert order.to_pylist() == [2, 1, 0]


@settings(deadline=None)  # a busy machine is no failure
@given(st.permutations("aaabbbcccddddefgh"), st.booleans())
def test_keep_apart_swaps_until_neighbours_differ(ids, is_last):
    order = keep_apart(ids, "a", is_last=is_last)
    assert sorted(order) == list(range(len(ids)))
    assert neighbours_differ([ids[row] for row in order], before="a")
    assert is_last or order[-1] == len(ids) - 1


def test_what_differs_already_is_not_moved():
    assert keep_apart(["a", "b", "a"], None, is_last=True) == [0, 1, 2]


def test_a_repeat_at_the_fixed_end_moves_the_row_before_it():
    order = keep_apart(["a", "b", "c", "c"], None, is_last=False)
    assert order[-1] == 3
    assert neighbours_differ(["abcc"[row] for row in order])


def is_possible(ids, before, is_last):
    """Try every order: the oracle for few rows."""
    movable, fixed = (ids, ()) if is_last else (ids[:-1], ids[-1:])
    return any(neighbours_differ([*order, *fixed], before) for order in permutations(movable))


@pytest.mark.parametrize("rows", range(1, 6))
def test_among_few_rows_an_order_is_found_whenever_there_is_one(rows):
    for ids, before, is_last in product(product("abc", repeat=rows), (None, "a"), (True, False)):
        if not is_possible(ids, before, is_last):
            with pytest.raises(StageError, match="expected an order"):
                keep_apart(list(ids), before, is_last=is_last)
            continue
        order = keep_apart(list(ids), before, is_last=is_last)
        assert sorted(order) == list(range(rows))
        assert neighbours_differ([ids[row] for row in order], before)
        assert is_last or order[-1] == rows - 1


def test_too_many_copies_of_one_document_are_an_error():
    with pytest.raises(StageError, match="3 copies of a among the 4 rows"):
        keep_apart(["a", "a", "a", "b"], None, is_last=True)


def test_copies_of_a_phase_lie_in_it_and_are_numbered_on():
    copies = np.array([[1, 2], [0, 3], [2, 0]], dtype=np.int32)
    placed = place_copies(["a", "b", "c"], copies, seed=0)
    assert placed.phase.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    for phase in range(2):
        inside = placed.phase == phase
        assert np.bincount(placed.row[inside], minlength=3).tolist() == copies[:, phase].tolist()
        assert (np.diff(placed.position[inside]) >= 0).all()
    assert placed.copy[(placed.row == 0) & (placed.phase == 0)].tolist() == [0]
    assert placed.copy[(placed.row == 0) & (placed.phase == 1)].tolist() == [1, 2]
    assert np.diff(placed.position[placed.row == 1]) == pytest.approx([1 / 3, 1 / 3])
