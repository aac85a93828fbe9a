import numpy as np

from mixpipe.duplicates.prototypes import without_prototypes
from mixpipe.duplicates.semantic import Cell, earlier, kept_instead
from mixpipe.kmeans import nearest, spherical_kmeans


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_clusters_are_found_anew_so_that_duplicates_draw_no_centroid():
    """100 near duplicates beside 100 points spread around another direction: D4's reason to cluster twice."""
    rng = np.random.default_rng(0)
    spread = unit(np.eye(8)[0] + 0.25 * rng.standard_normal((100, 8)))
    copies = unit(spread[:1] + 0.01 * rng.standard_normal((100, 8)))
    rows = np.concatenate([spread, copies])
    before = spherical_kmeans(rows, 1, iterations=20, seed=0)
    found = earlier(Cell(rows, np.full(200, 10), 0))
    left = np.flatnonzero(kept_instead(found.similarity, found.row, 0.99) < 0)
    assert set(range(1, 100)) - set(left.tolist()) == set() and len(left) <= 101
    after = spherical_kmeans(rows[left], 1, iterations=20, seed=0)
    assert nearest(rows[:1], before).distance < 0.5 * nearest(rows[:1], after).distance

    retained = int(0.75 * 0.5 * 200)
    kept = without_prototypes(rows[left], retained, n_clusters=1, seed=0)
    distance = nearest(rows[left], after).distance
    assert len(kept) == retained
    assert distance[kept].min() >= np.delete(distance, kept).max()


def test_all_are_kept_where_as_many_are_asked_for():
    rows = unit(np.random.default_rng(1).standard_normal((20, 4)))
    assert without_prototypes(rows, 20, n_clusters=5, seed=0).tolist() == list(range(20))
