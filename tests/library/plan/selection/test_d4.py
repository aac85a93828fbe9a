import numpy as np
import pytest

from mixpipe.plan.selection.cells import Cells, block_cells
from mixpipe.plan.selection.d4 import centroid_distances, d4_order, earlier_cosines


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def crowd(seed: int) -> np.ndarray:
    """Return 100 near-duplicates around the first axis, then 100 spread points, (200, 8)."""
    rng = np.random.default_rng(seed)
    near = np.eye(1, 8) + 0.01 * rng.standard_normal((100, 8))
    return unit(np.concatenate([near, rng.standard_normal((100, 8))]))


def order(vectors, r_dedup=0.75, r_proto=0.8):
    return d4_order(vectors, np.random.default_rng(0), r_dedup=r_dedup, r_proto=r_proto)


@pytest.mark.parametrize("seed", range(5))
def test_without_new_cells_a_centroid_sits_on_the_duplicates_with_them_none_does(seed):
    vectors = crowd(seed)
    found = order(vectors, r_dedup=0.5)
    distinct = np.sort(found.order[: found.n_distinct])
    assert (distinct < 100).sum() <= 1
    old = block_cells(vectors, np.random.default_rng(0)).centroids
    new = block_cells(vectors[distinct], np.random.default_rng(0)).centroids
    assert old[:, 0].max() > 0.999
    assert new[:, 0].max() < 0.95


def test_what_is_left_of_the_duplicates_would_be_a_prototype_of_the_old_cells():
    by_old, by_new = 0, 0
    for seed in range(10):
        vectors = crowd(seed)
        found = order(vectors, r_dedup=0.505)
        distinct = found.order[: found.n_distinct]
        distances = centroid_distances(vectors, block_cells(vectors, np.random.default_rng(0)))[distinct]
        by_old += int((distinct[np.argsort(-distances)][: found.n_kept] < 100).sum())
        by_new += int((found.order[: found.n_kept] < 100).sum())
    assert by_old == 0
    assert by_new >= 5  # of ten, which any other document would reach 8 times


@pytest.mark.parametrize("r_dedup", [0.3, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("r_proto", [0.25, 0.8, 1.0])
def test_as_many_are_kept_as_both_ratios_say(r_dedup, r_proto):
    found = order(crowd(0), r_dedup, r_proto)
    assert abs(found.n_kept - np.floor(r_dedup * r_proto * 200)) <= 1
    assert abs(found.n_distinct - r_dedup * 200) <= 1
    assert sorted(found.order.tolist()) == list(range(200))
    kept = found.order[: found.n_kept].tolist()
    assert kept == sorted(kept)


def test_duplicates_are_compared_with_those_of_their_cell_that_lie_farther_out():
    degrees = np.radians([0, 10, 30, 32, 90, 91])
    vectors = np.column_stack([np.cos(degrees), np.sin(degrees)]).astype(np.float32)
    cells = Cells(np.array([0, 0, 0, 1, 1, 1]), unit(np.array([[1.0, 0], [0, 1]])))
    apart = np.cos(np.radians([10, 20, 0, 0, 1, 59]))
    expected = [apart[0], apart[1], -np.inf, -np.inf, apart[4], apart[5]]  # 30 and 32 degrees are of two cells
    assert earlier_cosines(vectors, cells) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_cosines_are_those_of_all_pairs_and_the_largest_of_all_goes_last(seed):
    vectors = unit(np.random.default_rng(seed).standard_normal((60, 4)))
    cells = block_cells(vectors, np.random.default_rng(0))
    distances, found = centroid_distances(vectors, cells), earlier_cosines(vectors, cells)
    for row in range(60):
        before = [
            float(vectors[row] @ vectors[other])
            for other in range(60)
            if cells.cell[other] == cells.cell[row] and distances[other] > distances[row]
        ]
        assert found[row] == pytest.approx(max(before, default=-np.inf), abs=1e-6)
    assert order(vectors).order[-1] == found.argmax()


def test_distances_are_those_to_the_own_centroid():
    vectors = np.eye(2, dtype=np.float32)
    cells = Cells(np.array([0, 0]), np.eye(1, 2, dtype=np.float32))
    assert centroid_distances(vectors, cells).tolist() == [0, 1]


def test_of_equal_vectors_as_many_stay_as_of_others():
    vectors = np.full((40, 4), 0.5, dtype=np.float32)
    found = order(vectors)
    assert (found.n_distinct, found.n_kept) == (30, 24)
    assert sorted(found.order.tolist()) == list(range(40))


def test_copies_go_before_anything_else():
    vectors = np.concatenate([unit(np.random.default_rng(0).standard_normal((30, 8))), np.tile(np.eye(1, 8), (10, 1))])
    found = order(vectors.astype(np.float32))
    assert (found.order[found.n_distinct :] >= 30).sum() >= 9


def test_a_single_document():
    found = order(np.ones((1, 1), dtype=np.float32), r_dedup=0.1)
    assert (found.order.tolist(), found.n_distinct, found.n_kept) == ([0], 1, 0)


def test_the_same_draw_gives_the_same_order():
    assert np.array_equal(order(crowd(1)).order, order(crowd(1)).order)
