import numpy as np
import pytest

from mixpipe.scores.divergence import START, greedy_order, kl_divergence


def normal(n, d, mean, scale=1.0, seed=0):
    return np.random.default_rng(seed).normal(mean, scale, (n, d))


@pytest.mark.parametrize(("nearest", "expected"), [(None, -0.24181), (1, -0.69315)])
def test_the_estimate_on_a_line(nearest, expected):
    x, w = np.array([[0.0], [1], [3]]), np.array([[0.5], [4]])
    assert kl_divergence(x, w, k=1, nearest=nearest) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("shift", "over_all", "fifth"), [(0, 0.262, 0.017), (1, 0.490, 0.438), (2, 1.032, 1.571), (4, 2.163, 4.083)]
)
def test_the_bias_on_two_normals_in_a_plane(shift, over_all, fifth):
    found = []
    for seed in range(3):
        x, w = normal(500, 2, 0, seed=seed), normal(500, 2, (shift, 0), seed=100 + seed)
        found.append((kl_divergence(x, w), kl_divergence(x, w, nearest=5)))
    assert np.mean(found, axis=0) == pytest.approx([over_all, fifth], abs=0.25)


def test_the_divergence_falls_with_every_pick():
    targets, pool = normal(100, 2, (3, 4), 0.7), normal(100, 2, (3, 4), 0.7, seed=1)
    order = greedy_order(targets, pool)
    start = np.full((START, 2), 1e6)
    chosen = [np.concatenate([start, pool[order[:n]]]) for n in range(1, len(order) + 1)]
    trace = [kl_divergence(targets, points, nearest=1) for points in chosen]
    assert len(trace) > 5
    assert (np.diff(trace) < 0).all()


def test_the_pick_is_the_one_that_lowers_the_estimate_most():
    targets, pool = normal(60, 2, 0), normal(12, 2, 0, seed=1)
    order = greedy_order(targets, pool)
    for n in range(1, len(order)):
        tried = {p: kl_divergence(targets, pool[[*order[:n], p]], nearest=1) for p in set(range(12)) - {*order[:n]}}
        assert min(tried, key=tried.get) == order[n]


def test_a_pool_far_away_stops_at_once():
    assert len(greedy_order(normal(100, 2, (3, 4), 0.7), normal(100, 2, (300, 400), 0.7, seed=1))) == 1


def test_picks_are_from_the_targets_cluster():
    targets = normal(100, 8, 0)
    pool = np.concatenate([normal(40, 8, 0, seed=1), normal(40, 8, 6, seed=2)])
    picks = greedy_order(targets, pool)[:40]
    assert np.mean(np.array(picks) < 40) >= 0.85


def test_a_second_group_of_targets_is_reached():
    targets = np.concatenate([normal(90, 8, 0), normal(10, 8, 6, seed=1)])
    pool = np.concatenate([normal(20, 8, 0, seed=2), normal(20, 8, 6, seed=3)])
    assert max(greedy_order(targets, pool)[:2]) >= 20


def test_equal_points_are_finite():
    points = np.ones((8, 3))
    assert np.isfinite(kl_divergence(points, points))
    assert greedy_order(points, points) == [0]
