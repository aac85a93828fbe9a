import subprocess
import sys

import numpy as np
import pytest

from mixpipe.kmeans import cell_count, distinct_rows, nearest, spherical_kmeans
from mixpipe.vectors import unit_rows

DIGEST = """
import hashlib, sys
import numpy as np
from threadpoolctl import threadpool_limits
from mixpipe.kmeans import spherical_kmeans
rows = np.random.default_rng(0).standard_normal((3000, 64)).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
with threadpool_limits(1):
    centroids = spherical_kmeans(rows, 60, iterations=10, seed=5)
sys.stdout.write(hashlib.sha256(centroids.tobytes()).hexdigest())
"""


def blobs(n_each: int = 50) -> np.ndarray:
    rng = np.random.default_rng(1)
    return unit_rows(np.concatenate([centre + 0.05 * rng.standard_normal((n_each, 6)) for centre in np.eye(3, 6)]))


def test_centroids_are_unit_and_point_at_the_blobs() -> None:
    centroids = spherical_kmeans(blobs(), 3, iterations=20, seed=0)
    assert np.linalg.norm(centroids, axis=1) == pytest.approx(1, abs=1e-6)
    assert sorted((centroids @ np.eye(3, 6).T).argmax(axis=1)) == [0, 1, 2]
    cells = nearest(blobs(), centroids).cell.reshape(3, 50)
    assert (cells == cells[:, :1]).all()


def test_every_centroid_keeps_a_vector() -> None:
    rows = np.repeat(blobs(1), 20, axis=0)
    centroids = spherical_kmeans(rows, distinct_rows(rows), iterations=5, seed=3)
    assert sorted(np.unique(nearest(rows, centroids).cell)) == list(range(len(centroids)))


def test_nearest_agrees_with_the_definition() -> None:
    rng = np.random.default_rng(2)
    vectors, centroids = unit_rows(rng.standard_normal((20, 5))), unit_rows(rng.standard_normal((4, 5)))
    found = nearest(vectors, centroids)
    distances = np.array([[1 - v @ c for c in centroids] for v in vectors])
    assert (found.cell == distances.argmin(axis=1)).all()
    assert found.distance == pytest.approx(distances.min(axis=1), abs=1e-6)


def test_many_centroids_are_looked_at_a_few_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    vectors, centroids = unit_rows(rng.standard_normal((20, 5))), unit_rows(rng.standard_normal((4, 5)))
    whole = nearest(vectors, centroids)
    monkeypatch.setattr("mixpipe.kmeans.COSINES_AT_ONCE", 12)
    assert (nearest(vectors, centroids).cell == whole.cell).all()
    assert nearest(vectors, centroids).distance == pytest.approx(whole.distance, abs=1e-6)


def test_zero_vectors_lie_at_distance_one() -> None:
    found = nearest(np.zeros((2, 3), dtype=np.float32), np.eye(3, dtype=np.float32))
    assert found.distance.tolist() == [1, 1] and found.cell.tolist() == [0, 0]


def test_equal_bits_in_every_process() -> None:
    digests = {subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(digests) == 1


def test_cells_grow_with_the_root_and_leave_merging_a_choice() -> None:
    assert cell_count(10_000, 17) == 150
    assert cell_count(100, 17) == 68
