"""Ridge regression on the shares: straight, steady from very few trials, its strength learned.

DeMix (arXiv 2602.00747, released code) uses it with a fixed strength when there are 32 trials.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.features import FeatureRidge

__all__ = ["Ridge"]


@dataclass(frozen=True)
class Ridge(FeatureRidge):
    """Linear in w, penalised."""

    @staticmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        """Return the shares."""
        return mixtures
