import numpy as np
import pytest
import scipy.sparse as sp

from mixpipe.plan.selection.ideal import edge_probabilities, ideal_order
from mixpipe.plan.selection.neighbours import knn_graph


def order(n, edges, n_graphs=100, seed=0):
    sources, ends, chances = zip(*edges, strict=True) if edges else ((), (), ())
    graph = sp.csr_matrix((np.array(chances, dtype=float), (sources, ends)), shape=(n, n))
    return ideal_order(graph, np.random.default_rng(seed), n_graphs=n_graphs)


def test_influence_on_a_chain():
    found = order(3, [(0, 1, 0.5), (1, 2, 0.5)], n_graphs=20_000)
    assert found.order[0] == 0
    assert found.trace[0] == pytest.approx(1.75, abs=4 * (0.6875 / 20_000) ** 0.5)  # 1 + .5 + .25; variance 11/16


def test_influence_of_the_centre_of_a_star():
    found = order(6, [(0, leaf, 1.0) for leaf in range(1, 6)])
    assert (found.order[0], found.trace[0]) == (0, 6)
    assert found.order.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_document_that_two_seeds_reach_counts_once():
    found = order(3, [(0, 2, 1.0), (1, 2, 1.0)])
    assert found.order.tolist() == [0, 1, 2]
    assert found.trace.tolist() == [2, 3, 3]


def test_one_pick_in_each_of_two_cliques():
    cliques = [range(4), range(4, 8)]
    edges = [(a, b, 1 / 3) for clique in cliques for a in clique for b in clique if a != b]
    assert {row // 4 for row in order(8, edges).order[:2].tolist()} == {0, 1}


def test_cycles_are_reached_whole():
    found = order(4, [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)])
    assert found.order.tolist() == [0, 3, 1, 2]
    assert found.trace.tolist() == [3, 4, 4, 4]


@pytest.mark.parametrize("seed", range(5))
def test_gains_are_marginal_reach_in_the_drawn_graphs_and_fall(seed):
    rng = np.random.default_rng(seed)
    lives = np.where(rng.random((12, 12)) < 0.15, 1.0, 0.0)  # certain edges: every drawn graph is this one
    np.fill_diagonal(lives, 0)
    found = order(12, [(a, b, 1.0) for a, b in np.argwhere(lives)], n_graphs=3)
    closure = np.linalg.matrix_power(np.eye(12) + lives, 12) > 0
    reached = np.zeros(12, dtype=bool)
    for row, total in zip(found.order.tolist(), found.trace, strict=True):
        best = max((reached | closure[other]).sum() for other in range(12))
        reached |= closure[row]
        assert reached.sum() == total == best
    assert sorted(found.order.tolist()) == list(range(12))


def test_the_trace_is_concave():
    vectors = np.random.default_rng(1).standard_normal((200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = ideal_order(edge_probabilities(knn_graph(vectors, 10)), np.random.default_rng(0))
    assert (np.diff(found.trace, n=2) <= 1e-9).all()
    assert found.trace[-1] == pytest.approx(200)


def test_probabilities_are_shares_of_a_row():
    graph = sp.csr_matrix(np.array([[0, 1.0, 3.0], [0, 0, 0], [2.0, 0, 0]]))
    assert edge_probabilities(graph).toarray().tolist() == [[0, 0.25, 0.75], [0, 0, 0], [1, 0, 0]]


def test_no_documents_and_no_edges():
    assert len(order(0, []).order) == 0
    assert order(3, []).order.tolist() == [0, 1, 2]
