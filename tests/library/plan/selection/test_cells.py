import numpy as np

from mixpipe.plan.selection.cells import block_cells


def test_as_many_cells_as_the_root_of_the_documents_each_with_its_mean():
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(4, 6), 4, axis=0) + 0.05 * rng.standard_normal((16, 6))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    cells = block_cells(vectors, np.random.default_rng(1))
    assert cells.centroids.shape == (4, 6)
    for cell in range(4):
        mean = vectors[cells.cell == cell].mean(axis=0)
        assert np.allclose(cells.centroids[cell], mean / np.linalg.norm(mean), atol=1e-6)


def test_no_more_cells_than_different_vectors():
    vectors = np.repeat(np.eye(2, dtype=np.float32), 50, axis=0)
    cells = block_cells(vectors, np.random.default_rng(0))
    assert len(cells.centroids) == 2
    assert len(set(cells.cell[:50])) == len(set(cells.cell[50:])) == 1


def test_one_document():
    assert block_cells(np.ones((1, 1), dtype=np.float32), np.random.default_rng(0)).cell.tolist() == [0]
