"""QuaDMix's curve: copies of a document by its quality rank inside its domain.

S(r) = (2 / (1 + exp(-lambda (omega - r))))^eta + epsilon for r <= omega, else epsilon, with r = 0 the best document and
r = 1 the worst (Liu et al. 2025, arXiv 2504.16511, section 3.2). So S(omega) = 1 + epsilon, S(0) < 2^eta + epsilon, and
what lies beyond omega has the floor epsilon alone.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["QualityCurve", "copies_at", "draw_curves", "mean_copies"]

# Points at which a curve is read for its means over strata: a step of the curve is placed to 0.4 % of a domain.
POINTS = 256


class QualityCurve(NamedTuple):
    """Parameters by domain, (k,) float64 each.

    Attributes:
        steepness: lambda, >= 0.
        reach: omega, the share of the domain's tokens that is read more than the floor.
        power: eta, >= 0; 0 reads all within reach alike.
        floor: epsilon, >= 0 copies of everything.
    """

    steepness: np.ndarray
    reach: np.ndarray
    power: np.ndarray
    floor: np.ndarray


def copies_at(curve: QualityCurve, rank: np.ndarray) -> np.ndarray:
    """Return (k, n) copies at ranks (n,) in 0..1, 0 best, which do not rise with the rank."""
    steepness, reach, power, floor = (np.asarray(values, np.float64)[:, None] for values in curve)
    above = np.maximum(reach - rank, 0)
    inside = (2 / (1 + np.exp(-np.minimum(steepness * above, 700)))) ** power
    return np.asarray(np.where(rank <= reach, inside, 0) + floor)


def mean_copies(curve: QualityCurve, strata: int) -> np.ndarray:
    """Return (k, strata) mean copies in equal strata of the rank, the best stratum last."""
    each = -(-POINTS // strata)
    rank = 1 - (np.arange(strata * each) + 0.5) / (strata * each)
    return np.asarray(copies_at(curve, rank).reshape(-1, strata, each).mean(axis=2))


def draw_curves(count: int, domains: int, rng: np.random.Generator, *, most_reach: float = 0.1) -> list[QualityCurve]:
    """Return draws of the paper's prior (section 3.3): lambda 1000 U, omega `most_reach` U, eta U, epsilon U / 1000.

    Args:
        count: how many.
        domains: k, each with parameters of its own.
        rng: of the draws.
        most_reach: 0.1 in the paper, whose corpus is many times its budget.
    """
    uniform = rng.random((count, 4, domains)) * np.array([1000, most_reach, 1, 1e-3])[:, None]
    return [QualityCurve(*draw) for draw in uniform]
