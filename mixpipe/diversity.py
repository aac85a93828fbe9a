"""How varied a set of vectors is, without comparing its members with each other.

Every measure is a function of Z^T Z, the (d, d) sum of the rows' outer products, which adds up over parts and takes
weights: a document read three times is three rows. So n documents cost n d^2 + d^3 operations and d^2 numbers of
memory, exactly: the eigenvalues of Z Z^T and of Z^T Z are the same but for zeros.

- Vendi score of order q (Friedman and Dieng, TMLR 2023; order: Pasarkar and Dieng, AISTATS 2024): the effective number
  of unlike members, exp of the Rényi entropy of the eigenvalues of K / n. At most d: sets cannot be told apart once
  they fill the space (2,000 random vectors of 64 dimensions: 62.96). Doubling every member changes nothing.
- Coding rate (Yu et al., "MCR^2", NeurIPS 2020, eq. 1 and 7): nats to code a member to within eps; the released code's
  `eps` is eps^2, as `epsilon_squared` is here.
- Matrix entropy (Wei et al., "Diff-eRank", 2024) of centred rows of length 1, over log d: 0 one direction, 1 all.

Embeddings share a large mean direction, which pushes all scores down: `centred` takes it out, and both are worth
a look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Moments",
    "centred",
    "coding_rate",
    "coding_rate_of_groups",
    "coding_rate_reduction",
    "matrix_entropy",
    "moments",
    "vendi",
    "vendi_of_kernel",
]

EPSILON_SQUARED = 0.5  # the paper's, for sets with labels
ROUNDING = 1e-12  # of the largest eigenvalue: below are zeros that rounding has moved, which count at orders below 1


@dataclass(frozen=True)
class Moments:
    """What adds up over parts.

    Attributes:
        weight: of all rows together, as many as there are when each has weight 1.
        gram: (d, d) float64, weighted sum of the outer products of the rows.
    """

    weight: float
    gram: NDArray[np.float64]

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both sets together."""
        return Moments(self.weight + other.weight, self.gram + other.gram)

    @cached_property
    def spectrum(self) -> NDArray[np.float64]:
        """The eigenvalues of gram / weight, rising: (d,) float64, >= 0; those of unit rows sum to 1."""
        values = np.linalg.eigvalsh(self.gram / self.weight)
        return np.asarray(
            np.maximum(values, 0), dtype=np.float64
        )  # fewer rows than dimensions leave zeros of about -1e-17


def moments(vectors: NDArray[np.floating], weights: NDArray[np.number] | None = None) -> Moments:
    """Return the moments of rows.

    Args:
        vectors: (n, d), unit rows for Vendi score and coding rate.
        weights: (n,) >= 0, such as copies; None: 1 each.
    """
    rows = vectors.astype(np.float64)
    if weights is None:
        return Moments(float(len(rows)), rows.T @ rows)
    return Moments(float(weights.sum()), rows.T @ (rows * weights[:, None]))


def centred(vectors: NDArray[np.floating], weights: NDArray[np.number] | None = None) -> NDArray[np.float64]:
    """Return the rows less their weighted mean, of unit length; rows that equal the mean are zeros: (n, d) float64."""
    rows: NDArray[np.float64] = vectors.astype(np.float64)
    rows -= np.average(rows, axis=0, weights=weights)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-9), dtype=np.float64)


def vendi(of: Moments, order: float = 1.0) -> float:
    """Return the Vendi score under the cosine kernel, from 1 to d.

    Args:
        of: moments of unit rows.
        order: 1 Shannon; infinity: 1 / the largest eigenvalue; lower orders see rare members more.
    """
    return _effective_number(of.spectrum, order)


def vendi_of_kernel(
    kernel: NDArray[np.float64], weights: NDArray[np.float64] | None = None, order: float = 1.0
) -> float:
    """Return the Vendi score of n members under any kernel, from their (n, n) similarities: n^3 operations.

    Args:
        kernel: (n, n), symmetric, positive semi-definite, 1 on the diagonal.
        weights: (n,) >= 0; None: equal.
        order: see `vendi`.
    """
    shares = np.full(len(kernel), 1 / len(kernel)) if weights is None else weights / weights.sum()
    root = np.sqrt(shares)
    return _effective_number(np.maximum(np.linalg.eigvalsh(kernel * np.outer(root, root)), 0), order)


def coding_rate(of: Moments, epsilon_squared: float = EPSILON_SQUARED) -> float:
    """Return R = 1/2 log det(I + d / (n eps^2) Z^T Z) in nats."""
    values = of.spectrum
    return 0.5 * float(np.log1p(len(values) / epsilon_squared * values).sum())


def coding_rate_of_groups(groups: Sequence[Moments], epsilon_squared: float = EPSILON_SQUARED) -> float:
    """Return R_c, the mean coding rate of groups by their weights."""
    total = sum(group.weight for group in groups)
    return sum(group.weight / total * coding_rate(group, epsilon_squared) for group in groups if group.weight)


def coding_rate_reduction(groups: Sequence[Moments], epsilon_squared: float = EPSILON_SQUARED) -> float:
    """Return R - R_c: how much shorter members are to code once their group is known."""
    whole = Moments(sum(group.weight for group in groups), np.sum([group.gram for group in groups], axis=0))
    return coding_rate(whole, epsilon_squared) - coding_rate_of_groups(groups, epsilon_squared)


def matrix_entropy(of: Moments) -> float:
    """Return the entropy of the eigenvalues, shares of their sum, over log d: 0 to 1; 0 where all rows are zeros.

    Args:
        of: moments of `centred` rows.
    """
    values = of.spectrum
    total = values.sum()
    return _entropy(values / total) / float(np.log(len(values))) if total > 0 and len(values) > 1 else 0.0


def _effective_number(values: NDArray[np.float64], order: float) -> float:
    shares = values[values > ROUNDING * values.max()] / values.sum()
    if order == 1:
        return float(np.exp(_entropy(shares)))
    if np.isinf(order):
        return float(1 / shares.max())
    return float((shares**order).sum() ** (1 / (1 - order)))


def _entropy(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())
