"""What a prediction of recorded runs is worth, per target: rank correlation, squared error, R2 and regret.

Regret is what following the prediction would have cost: the true result of the scored run with the best prediction,
as a share of the way from the best to the median scored run; 0 is perfect, 0.5 to 1 little better than a blind pick.
Where several runs share the best prediction, as under trees, it is their mean. Each figure is NaN where it has no
meaning: too few runs, or equal results. Squared errors are in the square of the target's unit.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mixpipe.search.surrogates.rank import spearman

__all__ = ["MERITS", "Merits", "merits"]

MERITS = ("spearman", "mse", "r2", "regret")


class Merits(NamedTuple):
    """Figures per target, each (m,) float64, NaN where undefined."""

    spearman: np.ndarray
    mse: np.ndarray
    r2: np.ndarray
    regret: np.ndarray


def merits(predicted: np.ndarray, measured: np.ndarray) -> Merits:
    """Return what (n, m) predictions of (n, m) measurements are worth; rows with a NaN are left out per target."""
    figures = (_mse, _r2, _regret)
    return Merits(spearman(predicted, measured), *(_per_target(figure, predicted, measured) for figure in figures))


def _per_target(
    figure: Callable[[np.ndarray, np.ndarray], float], predicted: np.ndarray, measured: np.ndarray
) -> np.ndarray:
    found = []
    for guess, truth in zip(predicted.T, measured.T, strict=True):
        both = np.isfinite(guess) & np.isfinite(truth)
        found.append(figure(guess[both], truth[both]) if both.any() else np.nan)
    return np.array(found, dtype=np.float64)


def _mse(predicted: np.ndarray, measured: np.ndarray) -> float:
    return float(((predicted - measured) ** 2).mean())


def _r2(predicted: np.ndarray, measured: np.ndarray) -> float:
    """Return 1 - residual / total sum of squares about the mean of the scored runs."""
    total = float(((measured - measured.mean()) ** 2).sum())
    return 1 - float(((predicted - measured) ** 2).sum()) / total if np.ptp(measured) > 0 else np.nan


def _regret(predicted: np.ndarray, measured: np.ndarray) -> float:
    best, middle = float(measured.min()), float(np.median(measured))
    picked = measured[predicted == predicted.min()]
    # A prediction that is the same for all runs picks none.
    if middle <= best or np.ptp(predicted) == 0:
        return np.nan
    return (float(picked.mean()) - best) / (middle - best)
