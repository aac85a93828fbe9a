"""MIG: good documents that are also spread over a graph of labels.

The score of a document lies on its labels and spreads to neighbouring labels; the information of a set is the sum over
labels of phi(mass), phi(x) = (x + 1e-6)^0.8, so mass on a poor label is worth more. Two gains: `first-order`, that of
the released code, u . phi'(x), and `exact`, phi(x + u) - phi(x). They differ strongly: phi' is huge at 0, so the first
visits every empty label once, even for a score of 1 beside one of 4. Both only fall, so both are picked lazily.
Cost: the labels of a document for each gain computed; the released code holds a dense documents x labels matrix.

Chen et al., "MIG: Automatic Data Selection for Instruction Tuning by Maximizing Information Gain in Semantic Space",
Findings of ACL 2025 (arXiv 2504.13835), section 3.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mixpipe.plan.selection.lazy import lazy_greedy

__all__ = ["Gain", "Informed", "mig_order", "spread"]

EXPONENT = 0.8  # the paper's, as is the offset
OFFSET = 1e-6

Gain: TypeAlias = Literal["first-order", "exact"]
Floats: TypeAlias = NDArray[np.float64]


class Informed(NamedTuple):
    """What was picked.

    Attributes:
        order: (n,) int64, rows in the order of picking; those without mass (no label, or a score of 0) last.
        gains: (n,) float64, by the gain asked for.
        trace: (n,) float64, information of the set after each pick, less that of the empty set.
        mass: (n_labels,) float64, of all documents.
    """

    order: NDArray[np.int64]
    gains: Floats
    trace: Floats
    mass: Floats


def spread(scores: sp.csr_matrix, graph: sp.csr_matrix, rho: float = 1.0) -> sp.csr_matrix:
    """Let the score on a label reach its neighbours.

    Args:
        scores: (n, n_labels) float64 >= 0, the score of a document on each of its labels.
        graph: (n_labels, n_labels) float64 >= 0, similarity of labels; its diagonal is taken as 1.
        rho: how much of the similarity counts.

    Returns:
        (n, n_labels) float64. Every column of the graph sums to 1 first: the more neighbours, the less of each.
    """
    n_labels = graph.shape[0]
    others = sp.csr_matrix(graph - sp.diags_array(graph.diagonal()))
    reach = sp.csr_matrix(sp.eye_array(n_labels) + rho * others)
    received = np.asarray(reach.sum(axis=0)).ravel()
    return sp.csr_matrix(scores @ (reach @ sp.diags_array(1.0 / received)))


def mig_order(mass: sp.csr_matrix, *, gain: Gain = "first-order") -> Informed:
    """Order documents by information gain.

    Args:
        mass: (n, n_labels) float64 >= 0, see `spread`.
        gain: `first-order` as released, or `exact`.
    """
    rows = sp.csr_matrix(mass, copy=True)
    rows.sum_duplicates()  # and sorts, so that documents of equal labels have equal gains to the last bit
    spans = [slice(start, stop) for start, stop in zip(rows.indptr, rows.indptr[1:], strict=False)]
    held = np.zeros(rows.shape[1])
    state = phi(held)  # (n_labels,) of the labels' mass so far
    slope = phi_slope(held)
    trace: list[float] = []

    def first_order(row: int) -> float:
        return float(rows.data[spans[row]] @ slope[rows.indices[spans[row]]])

    def exact(row: int) -> float:
        labels = rows.indices[spans[row]]
        return float((phi(held[labels] + rows.data[spans[row]]) - state[labels]).sum())

    def take(row: int) -> None:
        labels = rows.indices[spans[row]]
        trace.append(exact(row))
        held[labels] += rows.data[spans[row]]
        state[labels] = phi(held[labels])
        slope[labels] = phi_slope(held[labels])

    picks = lazy_greedy(rows.shape[0], exact if gain == "exact" else first_order, take)
    return Informed(picks.order, picks.gains, np.cumsum(trace), held)


def phi(mass: Floats) -> Floats:
    """Return the information of each mass, elementwise."""
    return np.asarray((mass + OFFSET) ** EXPONENT)


def phi_slope(mass: Floats) -> Floats:
    """Return the derivative of `phi`, elementwise."""
    return np.asarray(EXPONENT * (mass + OFFSET) ** (EXPONENT - 1.0))
