"""Kullback-Leibler divergence of two samples from nearest neighbours, and the points that lower it most.

Estimator of GIO (Everaert and Potts 2024, arXiv 2306.11670) after Wang, Kulkarni and Verdu 2009: with rho the distance
of a target point to its k-th neighbour among the targets and nu_l to its l-th among the chosen, the mean of
d log nu_l / rho + log k m / (l (n - 1)), over one l or, as the authors' code has it, over l = 1..m. Biased: of two unit
normals two deviations apart in a plane it says 1.0 to 1.6 instead of 2. Good for ranking, never as a number of nats.

Deviation in choosing: the pool is small here, so each pick is the exact best point of it; no free vector is moved by
gradients and snapped. And the pick looks at the nearest chosen point (l = 1), because under the mean over all l what a
candidate adds does not depend on what was chosen before: the order would be that of closeness to the targets, and a
second group of targets would never be reached.
"""

import numpy as np

__all__ = ["START", "greedy_order", "kl_divergence"]

NEIGHBOUR = 5
# The authors begin with 20 random points, which every estimate counts. Here they are counted and taken to lie nowhere:
# with one point alone the second would cost log 2, and in few dimensions nothing would be picked.
START = 20
SMALLEST = 1e-10  # of squared distances, so that equal points have a logarithm


def kl_divergence(targets: np.ndarray, chosen: np.ndarray, *, k: int = NEIGHBOUR, nearest: int | None = None) -> float:
    """Return the estimate of KL(targets || chosen).

    Args:
        targets: (n, d), n > k.
        chosen: (m, d), m > 0.
        k: neighbour inside the targets.
        nearest: the one neighbour l among the chosen; None: the mean over all.
    """
    (n, d), m = targets.shape, len(chosen)
    rho = np.partition(_log_distances(targets, targets), k, axis=1)[:, k]  # place 0 is the point itself
    nu = np.sort(_log_distances(targets, chosen), axis=1)
    order = np.arange(1, m + 1) if nearest is None else np.array([nearest])
    terms = d * (nu[:, order - 1].mean(axis=0) - rho.mean()) + np.log(k * m / (order * (n - 1)))
    return float(terms.mean())


def greedy_order(targets: np.ndarray, pool: np.ndarray) -> list[int]:
    """Return the points of the pool in the order in which each lowers the divergence most, up to the first rise.

    Args:
        targets: (n, d), n > 0.
        pool: (p, d), p > 0; of equally good points the first is taken.
    """
    distances = _log_distances(targets, pool)
    picked = [int(distances.mean(axis=0).argmin())]
    nearest = distances[:, picked[0]]
    free = np.ones(len(pool), bool)
    free[picked] = False
    while free.any():
        means = np.minimum(nearest[:, None], distances).mean(axis=0)
        best = int(np.where(free, means, np.inf).argmin())
        m = START + len(picked)
        if targets.shape[1] * (means[best] - nearest.mean()) + np.log1p(1 / m) >= 0:
            break
        picked.append(best)
        free[best] = False
        nearest = np.minimum(nearest, distances[:, best])
    return picked


def _log_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return (n, m) logarithms of Euclidean distances."""
    x, y = one.astype(np.float64), other.astype(np.float64)
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    return np.asarray(0.5 * np.log(np.maximum(squares, SMALLEST)))
