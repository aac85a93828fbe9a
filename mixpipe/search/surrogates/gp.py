"""A Gaussian process on square-root shares: one kernel for all targets, the noise learned per target.

Distances between square roots are Hellinger distances, which see the step from 0 to 1 % as larger than from 50 to
51 %, as training does. Kernels of several length scales, with and without a trend, are averaged, weighted by the
closed-form leave-one-out density of an average target: one eigendecomposition each. With a dozen trials the data cannot
tell them apart and the average is wiser than the best; with hundreds one or two are left. A kernel with a length scale
per domain and target takes minutes at 512 trials.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel, matern, predict_in_chunks
from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FittedProcess", "GaussianProcess"]

# The largest Hellinger distance is sqrt(2): from a third of it to nearly linear.
LENGTHS = (0.4, 0.6, 0.9, 1.4, 2.2, 3.5)
# Variance of the linear trend relative to that of the process.
TRENDS = (0.0, 3.0)
# Kernels of less weight are left out.
LEAST_WEIGHT = 0.02


@dataclass(frozen=True)
class GaussianProcess:
    """Matern 5/2 on sqrt(w), with or without a linear trend.

    Attributes:
        trend_in: what the trend is linear in. Square roots saturate towards a single domain; shares do not, and the
            process is then less sure of mixtures of few domains. With fewer trials than domains, which leave a slope of
            every share open, it is in roots all the same.
    """

    trend_in: Literal["roots", "shares"] = "roots"

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedProcess":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        roots = np.sqrt(mixtures)
        in_shares = self.trend_in == "shares" and mixtures.shape[0] >= mixtures.shape[1]
        unit = float(np.sqrt((mixtures**2).sum(axis=1).mean())) if in_shares else None
        members = [
            Member(0.0, fit_kernel(_kernel(roots, roots, length, trend, unit), losses), length, trend)
            for length in LENGTHS
            for trend in TRENDS
        ]
        scores = np.array([member.fit.score for member in members]) * len(mixtures) / losses.shape[1]
        weights = np.exp(scores - scores.max())
        weights = np.where(weights < LEAST_WEIGHT * weights.sum(), 0, weights)
        kept = [
            member._replace(weight=weight)
            for member, weight in zip(members, weights / weights.sum(), strict=True)
            if weight
        ]
        fold = folds(mixtures)
        held_out = sum((m.weight * m.fit.without_folds(fold) for m in kept), np.zeros(losses.shape))
        return FittedProcess(held_out, tuple(kept), roots, unit)


class Member(NamedTuple):
    """One kernel of the average, conditioned on the trials."""

    weight: float
    fit: KernelFit
    length: float
    trend: float


@dataclass(frozen=True, eq=False)
class FittedProcess:
    """An average of processes conditioned on the trials.

    Attributes:
        held_out: (n, m).
        members: their weights sum to 1.
        roots: (n, k) square roots of the trials' shares.
        unit: root mean square length of the trials' shares, the unit of those in a trend; None: it is in roots.
    """

    held_out: np.ndarray
    members: tuple[Member, ...]
    roots: np.ndarray
    unit: float | None

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        return predict_in_chunks(self._predict, mixtures)

    def _predict(self, roots: np.ndarray) -> Prediction:
        """Return mean and deviation of the mixture of the members' predictions."""
        mean, square = np.zeros((2, len(roots), self.held_out.shape[1]))
        points = _trend_points(roots, self.unit)
        steepness = np.einsum("ij,ij->i", points, points)
        for weight, fit, length, trend in self.members:
            # The kernel of a mixture with itself: process 1, trend, constant 1.
            found = fit.predict(_kernel(roots, self.roots, length, trend, self.unit), 2 + trend * steepness)
            mean += weight * found.mean
            square += weight * (found.sd**2 + found.mean**2)
        return Prediction(mean, np.sqrt(np.maximum(square - mean**2, 0)))


def _kernel(left: np.ndarray, right: np.ndarray, length: float, trend: float, unit: float | None) -> np.ndarray:
    right = right.astype(left.dtype, copy=False)
    kernel = matern(left / left.dtype.type(length), right / left.dtype.type(length))
    kernel += left.dtype.type(trend) * (_trend_points(left, unit) @ _trend_points(right, unit).T) + 1
    return kernel


def _trend_points(roots: np.ndarray, unit: float | None) -> np.ndarray:
    """Return what the trend is linear in, (n, k): the roots, whose length is 1, or the shares in so long a unit."""
    return roots if unit is None else roots**2 / roots.dtype.type(unit)
