"""Quadratic ridge regression in Scheffe's form: shares and their products in pairs.

Scheffe 1958 (Experiments with mixtures, section 4): on the simplex a constant and the squares are linear in these, so
they are left out. The surrogate of MoDoMoDo (Liang et al. 2025, arXiv 2505.24871) in the form in which it is
identified; k (k + 1) / 2 features from a few dozen trials, so the penalty decides and is learned.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.features import FeatureRidge

__all__ = ["Scheffe"]


@dataclass(frozen=True)
class Scheffe(FeatureRidge):
    """Linear in w and in w_i w_j, i < j."""

    @staticmethod
    def features(mixtures: np.ndarray) -> np.ndarray:
        """Return shares and products."""
        left, right = np.triu_indices(mixtures.shape[1], k=1)
        return np.hstack([mixtures, mixtures[:, left] * mixtures[:, right]])
