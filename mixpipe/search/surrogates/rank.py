"""Spearman's rank correlation per target, NaN where it has no meaning instead of a warning."""

import numpy as np
from scipy.stats import rankdata

__all__ = ["spearman"]


def spearman(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return the rank correlation (m,) of (n, m) columns; NaN when a column is constant, or on fewer than 3 rows.

    Rows with a NaN on either side are left out, target by target.
    """
    return np.array([_one(predicted[:, i], measured[:, i]) for i in range(measured.shape[1])])


def _one(left: np.ndarray, right: np.ndarray) -> float:
    both = np.isfinite(left) & np.isfinite(right)
    if both.sum() < 3 or np.ptp(left[both]) == 0 or np.ptp(right[both]) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(left[both]), rankdata(right[both]))[0, 1])
