"""Least squares on the shares: the baseline of every comparison, straight and without a penalty worth the name.

What Liu et al. 2024 (RegMix, arXiv 2407.01492, section 4) compare their trees with. With fewer trials than domains it
is the solution of least norm.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.features import FeatureRidge

__all__ = ["Linear"]

# Keeps the kernel of repeated mixtures invertible; below what any loss can tell.
NEARLY_NONE = 1e-6


@dataclass(frozen=True)
class Linear(FeatureRidge):
    """Linear in w."""

    noises: tuple[float, ...] = (NEARLY_NONE,)

    @staticmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        """Return the shares."""
        return mixtures
