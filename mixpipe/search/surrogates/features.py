"""Linear regression on features of the shares, its strength learned per target by leave-one-out.

Fitted as a kernel, which is the same and shares its closed forms; so more features than trials are no obstacle, and 64
domains with all their pairs cost what the trials cost. Features are centred and scaled; one that no trial varies is
left out. The standard deviation is that of the held-out errors: what a form misses is no uncertainty about its weights.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.kernel import NOISES, fit_kernel
from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FeatureRidge", "FittedFeatures"]


@dataclass(frozen=True)
class FeatureRidge(ABC):
    """Ridge regression; each form has its own features.

    Attributes:
        noises: strengths that leave-one-out chooses from, relative to the amplitude.
    """

    noises: tuple[float, ...] = tuple(NOISES)

    @staticmethod
    @abstractmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        """Return the features (n, f) of (n, k) mixtures; each form has its own."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedFeatures":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        raw = self.features(mixtures)
        spread = raw.std(axis=0)
        scale = np.where(spread > 1e-12, spread, np.inf) * np.sqrt(raw.shape[1])
        features = (raw - raw.mean(axis=0)) / scale
        fit = fit_kernel(features @ features.T, losses, noises=np.array(self.noises))
        held_out = fit.without_folds(folds(mixtures))
        sd = np.sqrt(((losses - held_out) ** 2).mean(axis=0))
        return FittedFeatures(type(self), held_out, features.T @ fit.alpha, raw.mean(axis=0), scale, sd)


@dataclass(frozen=True, eq=False)
class FittedFeatures:
    """(f, m) weights of the centred and scaled features."""

    form: type[FeatureRidge]
    held_out: np.ndarray
    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    sd: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        mean = (self.form.features(mixtures) - self.centre) / self.scale @ self.weights
        return Prediction(mean, np.broadcast_to(self.sd, mean.shape).copy())
