"""A Gaussian process on square-root shares: one kernel for all targets, the noise learned per target.

Distances between square roots are Hellinger distances, which see the step from 0 to 1 % as larger than from 50 to
51 %, as training does. Length scale and trend are chosen by closed-form leave-one-out, over all targets together: one
eigendecomposition per choice. A kernel with a length scale per domain and target takes minutes at 512 trials.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel
from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FittedProcess", "GaussianProcess"]

# The largest Hellinger distance is sqrt(2): from a third of it to nearly linear.
LENGTHS = (0.4, 0.6, 0.9, 1.4, 2.2, 3.5)
# Variance of the linear trend relative to that of the process.
TRENDS = (0.0, 3.0)
# Candidates scored at once: 4096 x 512 trials is 16 MiB.
CHUNK = 4096


@dataclass(frozen=True)
class GaussianProcess:
    """Matern 5/2 on sqrt(w), with or without a linear trend."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedProcess":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        roots = np.sqrt(mixtures)
        found = []
        for length in LENGTHS:
            for trend in TRENDS:
                fit = fit_kernel(_kernel(roots, roots, length, trend), losses)
                found.append((fit.score, length, trend, fit))
        _, length, trend, best = max(found, key=lambda item: item[0])
        return FittedProcess(best.without_folds(folds(mixtures)), best, roots, length, trend)


@dataclass(frozen=True, eq=False)
class FittedProcess:
    """A process conditioned on the trials."""

    held_out: np.ndarray
    fit: KernelFit
    roots: np.ndarray
    length: float
    trend: float

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        parts = []
        for start in range(0, len(mixtures), CHUNK):
            roots = np.sqrt(mixtures[start : start + CHUNK])
            # The kernel of a mixture with itself: process 1, trend |sqrt(w)|^2 = 1, constant 1.
            variance = np.full(len(roots), 2 + self.trend)
            parts.append(self.fit.predict(_kernel(roots, self.roots, self.length, self.trend), variance))
        m = self.held_out.shape[1]
        return Prediction(*(np.concatenate([np.empty((0, m)), *columns]) for columns in zip(*parts, strict=True)))


def _kernel(left: np.ndarray, right: np.ndarray, length: float, trend: float) -> np.ndarray:
    inner = left @ right.T
    distance = np.sqrt(np.maximum(2 - 2 * inner, 0)) * (np.sqrt(5) / length)
    return np.asarray((1 + distance + distance**2 / 3) * np.exp(-distance) + trend * inner + 1)
