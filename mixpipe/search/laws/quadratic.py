"""Quadratic law of a score, higher is better: sum_i b_i w_i + sum_{i<j} c_ij w_i w_j, and the runs that identify it.

Liang et al. 2025 (MoDoMoDo, arXiv 2505.24871, section 4) for mixtures in reinforcement learning, where domains help
and hinder one another. Deviation: their a + b.w + w.C.w in Scheffe's form, since on the simplex a and the squares are
linear in the rest. Their seed runs (each domain alone, all but one, all) leave it short of rank; pairs in a cycle
complete it and all pairs condition it well, so rank and condition number come with every fit, and a ridge on the
standardised scores keeps an incomplete one finite. They search by CMA-ES; here ascent from several starts, since the
form may be indefinite.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import minimise_mixture, simplex_starts

__all__ = ["QuadraticLaw", "all_pairs", "cycle_pairs", "fit_quadratic", "scheffe_matrix", "seed_mixtures"]

RIDGE = 1e-3
RANDOM_STARTS = 32


@dataclass(frozen=True, eq=False)
class QuadraticLaw:
    """Coefficients for m domains.

    Attributes:
        linear: (m,) b, the scores of the domains alone.
        pairs: (m, m) symmetric with a zero diagonal, c_ij / 2; above 0 where two domains help one another.
        rank: of the design it was fitted to; m (m + 1) / 2 when every coefficient is identified.
        condition: number of that design, infinite when it is short of rank.
    """

    linear: np.ndarray
    pairs: np.ndarray
    rank: int
    condition: float

    @classmethod
    def of(cls, linear: np.ndarray, quadratic: np.ndarray, constant: float = 0.0) -> "QuadraticLaw":
        """Return constant + linear.w + w.quadratic.w, with (m,) and (m, m), in this form."""
        squares, even = np.diag(quadratic), (quadratic + quadratic.T) / 2
        pairs = even - (squares[:, None] + squares) / 2
        return cls(constant + linear + squares, pairs, len(linear) * (len(linear) + 1) // 2, 1.0)

    def predict(self, mixtures: np.ndarray) -> np.ndarray:
        """Return the scores (n,) of (n, m) mixtures."""
        return np.asarray(mixtures @ self.linear + ((mixtures @ self.pairs) * mixtures).sum(axis=1))

    def optimum(self, rng: np.random.Generator) -> np.ndarray:
        """Return the mixture (m,) of the highest score, climbed to from domains, pairs and random mixtures."""
        m = len(self.linear)
        starts = np.vstack([simplex_starts(m), 0.9 * all_pairs(m) + 0.1 / m, rng.dirichlet(np.ones(m), RANDOM_STARTS)])
        return minimise_mixture(
            lambda mixture: -float(self.predict(mixture[None])[0]),
            lambda mixture: -(self.linear + 2 * self.pairs @ mixture),
            starts,
        )


def fit_quadratic(mixtures: np.ndarray, scores: np.ndarray, *, ridge: float = RIDGE) -> QuadraticLaw:
    """Fit (n, m) mixtures to scores (n,); fewer runs than coefficients are regularised, and the rank says so.

    Raises:
        InputError: there are no runs, or the ridge is not positive.
    """
    if len(mixtures) == 0 or ridge <= 0:
        raise InputError(f"expected a run and a ridge > 0, found {len(mixtures)} runs and {ridge}")
    m, design = mixtures.shape[1], scheffe_matrix(mixtures)
    mean, spread = float(scores.mean()), float(scores.std()) or 1.0
    gram = design.T @ design + ridge * np.eye(design.shape[1])
    solved = spread * np.linalg.solve(gram, design.T @ ((scores - mean) / spread))
    pairs = np.zeros((m, m))
    pairs[np.triu_indices(m, k=1)] = solved[m:] / 2
    rank = int(np.linalg.matrix_rank(design))
    condition = float(np.linalg.cond(design)) if rank == design.shape[1] else float("inf")
    return QuadraticLaw(solved[:m] + mean, pairs + pairs.T, rank, condition)


def scheffe_matrix(mixtures: np.ndarray) -> np.ndarray:
    """Return the design matrix (n, m (m + 1) / 2) of (n, m) mixtures: shares, then products of two."""
    left, right = np.triu_indices(mixtures.shape[1], k=1)
    return np.hstack([mixtures, mixtures[:, left] * mixtures[:, right]])


def seed_mixtures(domains: int) -> np.ndarray:
    """Return the paper's seed runs (2 m + 1, m): each domain alone, all but one of them, all; m must be 2 or more."""
    alone = np.eye(domains)
    return np.vstack([alone, (1 - alone) / (domains - 1), np.full(domains, 1 / domains)])


def cycle_pairs(domains: int) -> np.ndarray:
    """Return m mixtures of two halves in which every domain meets the next."""
    return np.asarray((np.eye(domains) + np.roll(np.eye(domains), 1, axis=1)) / 2)


def all_pairs(domains: int) -> np.ndarray:
    """Return the m (m - 1) / 2 mixtures of two halves."""
    left, right = np.triu_indices(domains, k=1)
    return np.asarray((np.eye(domains)[left] + np.eye(domains)[right]) / 2)
