import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, ward

from mixpipe.domains.merge import MergeTree, absorb_small, cut, natural_counts, numbered_by, recut, ward_tree

ONES = np.ones(8, dtype=np.int64)


def points(seed: int, n: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 3))


def same_partition(left: np.ndarray, right: np.ndarray) -> bool:
    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    return len(pairs) == len(set(left.tolist())) == len(set(right.tolist()))


@given(st.integers(0, 1000), st.integers(1, 8))
def test_equal_sizes_agree_with_scipy(seed: int, count: int) -> None:
    tree = ward_tree(points(seed), ONES, ONES)
    links = ward(points(seed))
    assert same_partition(recut(tree, count), fcluster(links, count, "maxclust"))
    assert np.array([cost for *_, cost in tree.merges]) == pytest.approx(links[:, 2] ** 2 / 2)


@given(st.integers(0, 1000))
def test_costs_add_up_to_the_sum_of_squares(seed: int) -> None:
    means, sizes = points(seed), np.random.default_rng(seed).integers(1, 50, 8)
    tree = ward_tree(means, sizes, sizes)
    centre = np.average(means, axis=0, weights=sizes)
    assert sum(cost for *_, cost in tree.merges) == pytest.approx(sizes @ ((means - centre) ** 2).sum(axis=1))
    assert (np.diff([cost for *_, cost in tree.merges]) >= -1e-9).all()


@given(st.integers(0, 1000), st.integers(2, 8))
def test_each_cut_refines_the_one_before(seed: int, count: int) -> None:
    tree = ward_tree(points(seed), ONES, ONES)
    fine, coarse = recut(tree, count), recut(tree, count - 1)
    assert fine.max() + 1 == count
    assert len(set(zip(fine.tolist(), coarse.tolist(), strict=True))) == count


@given(st.integers(0, 1000), st.integers(2, 8), st.integers(1, 8))
def test_merging_what_is_merged_is_merging_at_once(seed: int, many: int, few: int) -> None:
    means, sizes = points(seed), np.random.default_rng(seed).integers(1, 50, 8)
    tree = ward_tree(means, sizes, sizes)
    first = recut(tree, many)
    held = np.bincount(first, sizes).astype(np.int64)
    sums = np.stack([np.bincount(first, sizes * column) for column in means.T], axis=1)
    again = recut(ward_tree(sums / held[:, None], held, held), few)
    assert again[first].tolist() == recut(tree, min(few, many)).tolist()


def test_large_groups_do_not_swallow_the_rest() -> None:
    # 0 and 1 are the closest pair, but both are large: joining 2 and 3, small and farther apart, costs less
    means = np.array([[0.0], [1.0], [5.0], [6.5]])
    tree = ward_tree(means, np.array([1000, 1000, 1, 1]), np.ones(4, dtype=np.int64))
    assert tree.merges[0] == (2, 3, pytest.approx(1.125))


def test_a_cut_above_the_cells_leaves_them_apart() -> None:
    assert recut(ward_tree(points(0), ONES, ONES), 99).tolist() == list(range(8))


def test_a_tree_survives_json() -> None:
    tree = ward_tree(points(0), ONES, ONES * 3)
    assert MergeTree.from_json(tree.to_json()) == tree


@pytest.mark.parametrize("groups", [2, 3, 5, 9])
def test_the_natural_count_is_that_of_separate_groups(groups: int) -> None:
    rng = np.random.default_rng(groups)
    means = np.repeat(10 * np.eye(groups, 12), 8, axis=0) + 0.3 * rng.standard_normal((8 * groups, 12))
    sizes = np.ones(len(means), dtype=np.int64)
    counts = natural_counts(ward_tree(means, sizes, sizes), most=24)
    assert counts[0] == groups
    assert sorted(counts) == list(range(2, min(24, len(means) - 1) + 1))


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_few_cells_have_a_natural_count(cells: int) -> None:
    tree = ward_tree(points(0, cells), ONES[:cells], ONES[:cells])
    assert natural_counts(tree, most=24)[0] == min(cells, 2)


def test_small_domains_go_to_their_nearest() -> None:
    means = np.array([[0.0], [1.0], [1.1], [9.0]])
    domain = absorb_small(np.arange(4), means, np.array([50, 45, 1, 4]), min_share=0.02)
    assert domain.tolist() == [0, 1, 1, 2]
    assert absorb_small(np.arange(4), means, np.array([50, 45, 1, 4]), min_share=0.0).tolist() == [0, 1, 2, 3]
    assert absorb_small(np.zeros(4, dtype=np.int64), means, np.zeros(4, dtype=np.int64), min_share=0.4).max() == 0


def test_a_cut_goes_deeper_until_enough_domains_are_large() -> None:
    # the outlier is split off first but is too small to be a domain
    means = np.array([[0.0], [1.0], [100.0]])
    tree = ward_tree(means, np.array([50, 50, 1]), np.array([500, 499, 1]))
    assert recut(tree, 2).tolist() == [0, 0, 1]
    assert cut(tree, means, 2, min_share=0.01).tolist() == [0, 1, 1]
    assert cut(tree, means, 3, min_share=0.01).max() == 1


def test_domains_are_numbered_by_falling_tokens() -> None:
    assert numbered_by(np.array([0, 1, 2, 1]), np.array([5, 10, 7, 1])).tolist() == [2, 0, 1, 0]
