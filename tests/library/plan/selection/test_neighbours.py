import numpy as np
import pytest

from mixpipe.plan.selection.neighbours import TILE_ROWS, knn_graph


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_neighbours_are_those_of_the_full_matrix_over_several_tiles():
    vectors = unit(np.random.default_rng(0).standard_normal((TILE_ROWS + 50, 6)))
    cosines = vectors.astype(float) @ vectors.T.astype(float)
    np.fill_diagonal(cosines, -2)
    graph = knn_graph(vectors, 4).toarray()
    for row in range(len(vectors)):
        best = np.argsort(-cosines[row])[:4]
        assert set(np.flatnonzero(graph[row])) == set(best)
        assert graph[row, best] == pytest.approx(cosines[row, best], abs=1e-6)


def test_negative_cosines_are_no_edges():
    assert knn_graph(unit(np.array([[1.0, 0], [-1, 0], [0.8, 0.6]])), 2).toarray() == pytest.approx(
        np.array([[0, 0, 0.8], [0, 0, 0], [0.8, 0, 0]])
    )


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_documents_for_an_edge(n):
    assert knn_graph(np.ones((n, 1), dtype=np.float32), 10).nnz == 0
