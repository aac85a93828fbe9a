"""Ridge regression on shares and their square roots.

The square root lets the first per cent of a domain count most, as it does in training. Smooth and stable from very few
trials; it cannot bend where two domains substitute for each other. Source: "linear + sqrt" of the comparisons on the
runs of Liu et al. 2024 (RegMix).
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.features import FeatureRidge

__all__ = ["LinearSqrt"]


@dataclass(frozen=True)
class LinearSqrt(FeatureRidge):
    """Linear in w and sqrt(w)."""

    @staticmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        """Return shares and roots."""
        return np.hstack([mixtures, np.sqrt(mixtures)])
