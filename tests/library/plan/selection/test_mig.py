import numpy as np
import pytest
import scipy.sparse as sp

from mixpipe.plan.selection.mig import mig_order, phi, phi_slope, spread

V = np.array([[4.0, 0, 0], [4, 0, 0], [0, 3, 0], [0, 0, 1], [2, 2, 0]])
NEAR = np.array([[1, 0.95, 0], [0.95, 1, 0], [0, 0, 1]])


def mass(scores: np.ndarray, graph: np.ndarray) -> sp.csr_matrix:
    return spread(sp.csr_matrix(scores), sp.csr_matrix(graph))


def test_known_orders_without_a_graph():
    assert mig_order(mass(V, np.eye(3)), gain="first-order").order.tolist() == [0, 2, 3, 4, 1]
    assert mig_order(mass(V, np.eye(3)), gain="exact").order.tolist() == [4, 0, 1, 2, 3]


def test_known_order_with_two_near_labels():
    assert mig_order(mass(V, NEAR)).order.tolist() == [0, 3, 4, 1, 2]


def test_the_default_is_the_released_gain():
    assert mig_order(mass(V, np.eye(3))).order.tolist() == [0, 2, 3, 4, 1]


def test_columns_of_the_graph_are_shares():
    assert mass(np.eye(3), NEAR).toarray() == pytest.approx(NEAR / NEAR.sum(axis=0))


def test_rho_weighs_the_neighbours_and_the_diagonal_is_one():
    graph = np.array([[0.3, 0.8], [0.8, 0.0]])
    found = spread(sp.csr_matrix(np.eye(2)), sp.csr_matrix(graph), rho=0.5).toarray()
    assert found == pytest.approx(np.array([[1, 0.4], [0.4, 1]]) / 1.4)


@pytest.mark.parametrize("gain", ["first-order", "exact"])
def test_orders_and_gains_are_those_of_the_plain_greedy(gain):
    rng = np.random.default_rng(3)
    scores = rng.random((40, 1)) * (rng.random((40, 12)) < 0.2)
    similar = np.where((near := rng.random((12, 12))) > 0.9, near, 0)
    rows = mass(scores, np.maximum(similar, similar.T))
    dense, held, left = rows.toarray(), np.zeros(12), list(range(40))
    found = mig_order(rows, gain=gain)
    for row, value in zip(found.order.tolist(), found.gains, strict=True):
        worth = phi(held + dense) - phi(held) if gain == "exact" else dense * phi_slope(held)
        assert value == pytest.approx(worth[left].sum(axis=1).max())
        assert worth[row].sum() == pytest.approx(value)
        held += dense[row]
        left.remove(row)
    assert (np.diff(found.gains) <= 1e-12).all()
    assert found.mass == pytest.approx(dense.sum(axis=0))
    assert found.trace[-1] == pytest.approx((phi(dense.sum(axis=0)) - phi(np.zeros(12))).sum())


def test_exact_gains_add_up_to_the_trace():
    found = mig_order(mass(V, NEAR), gain="exact")
    assert found.trace == pytest.approx(np.cumsum(found.gains))


def test_documents_without_a_label_come_last_and_gain_nothing():
    found = mig_order(mass(np.vstack([np.zeros(3), V]), np.eye(3)))
    assert found.order[-1] == 0
    assert (found.gains == 0).sum() == 1


def test_no_documents_and_no_labels():
    assert len(mig_order(sp.csr_matrix((0, 3))).order) == 0
    assert mig_order(sp.csr_matrix((3, 0))).order.tolist() == [0, 1, 2]
