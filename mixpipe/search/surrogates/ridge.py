"""Ridge regression on shares and their square roots, its strength learned per target by leave-one-out.

The square root lets the first per cent of a domain count most, as it does in training. Smooth and stable from very
few trials; it cannot bend where two domains substitute for each other. Fitted as a kernel, which is the same and
shares its closed forms. The standard deviation is that of the held-out errors: what a straight form misses is no
uncertainty about its weights. Source: "linear + sqrt" of the comparisons on the runs of Liu et al. 2024 (RegMix).
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.kernel import fit_kernel
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
        sd = np.sqrt(((losses - held_out) ** 2).mean(axis=0))
        return FittedRidge(held_out, features.T @ fit.alpha, raw.mean(axis=0), scale, sd)


@dataclass(frozen=True, eq=False)
class FittedRidge:
    """(2k, m) weights of the centred and scaled features."""

    held_out: np.ndarray
    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    sd: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        mean = (_features(mixtures) - self.centre) / self.scale @ self.weights
        return Prediction(mean, np.broadcast_to(self.sd, mean.shape).copy())


def _features(mixtures: np.ndarray) -> np.ndarray:
    return np.hstack([mixtures, np.sqrt(mixtures)])
