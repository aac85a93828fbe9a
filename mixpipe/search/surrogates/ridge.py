"""Ridge regression on shares and their square roots, its strength learned per target by leave-one-out.

The square root lets the first per cent of a domain count most, as it does in training. Smooth and stable from very
few trials; it cannot bend where two domains substitute for each other. Computed as a kernel, which is the same and
shares its closed forms. Source: "linear + sqrt" of the comparisons on the runs of Liu et al. 2024 (RegMix).
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel
from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FittedRidge", "Ridge"]


@dataclass(frozen=True)
class Ridge:
    """Linear in w and sqrt(w)."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedRidge":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        raw = _features(mixtures)
        spread = raw.std(axis=0)
        # A domain that no trial used says nothing: its features become 0.
        scale = np.where(spread > 1e-12, spread, np.inf) * np.sqrt(raw.shape[1])
        features = (raw - raw.mean(axis=0)) / scale
        fit = fit_kernel(features @ features.T, losses)
        held_out = fit.without_folds(folds(mixtures))
        misfit = np.sqrt(((losses - held_out) ** 2).mean(axis=0))
        return FittedRidge(held_out, fit, features, raw.mean(axis=0), scale, misfit)


@dataclass(frozen=True, eq=False)
class FittedRidge:
    """Ridge weights in their dual form."""

    held_out: np.ndarray
    fit: KernelFit
    features: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    misfit: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        features = (_features(mixtures) - self.centre) / self.scale
        mean, sd = self.fit.predict(features @ self.features.T, (features**2).sum(axis=1))
        # What the straight form misses is no uncertainty about its weights: the held-out error stands for it.
        return Prediction(mean, np.sqrt(sd**2 + self.misfit**2))


def _features(mixtures: np.ndarray) -> np.ndarray:
    return np.hstack([mixtures, np.sqrt(mixtures)])
