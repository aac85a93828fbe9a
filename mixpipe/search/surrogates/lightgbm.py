"""Gradient-boosted trees, one model per target.

Best within one scale from about 128 trials (Liu et al. 2024, RegMix); the default leaf of 20 finds nothing to split
below that, so small tables use leaves of 5 and others of 10. No penalty on leaves: LightGBM's L1 and L2 terms flatten
targets of small variance. No early stopping: with 20 trials there is no split to spare. The standard deviation is that
of the held-out errors, the same everywhere: trees do not know where they extrapolate. Sixty small trees rank recorded
runs as well as hundreds of 15 leaves (docs/search.md) and score several times faster.
"""

import os
from dataclasses import dataclass

import lightgbm
import numpy as np

from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FittedTrees", "LightGBM"]

FEW_TRIALS = 200


@dataclass(frozen=True)
class LightGBM:
    """Boosted trees.

    Attributes:
        trees: boosting rounds.
        rate: learning rate.
        leaves: most leaves of a tree.
    """

    trees: int = 60
    rate: float = 0.15
    leaves: int = 8

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedTrees":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        fold = folds(mixtures)
        held_out = np.empty_like(losses)
        for number in np.unique(fold):
            rest, rows = fold != number, fold == number
            for target in range(losses.shape[1]):
                held_out[rows, target] = self._train(mixtures[rest], losses[rest, target]).predict(mixtures[rows])
        models = tuple(self._train(mixtures, losses[:, target]) for target in range(losses.shape[1]))
        return FittedTrees(held_out, models, np.sqrt(((losses - held_out) ** 2).mean(axis=0)))

    def regress(self, mixtures: np.ndarray, losses: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return (q,) predictions for (q, k) rows of one target (n,), without the cost of held-out errors."""
        return np.asarray(self._train(mixtures, losses).predict(rows))

    def _train(self, mixtures: np.ndarray, losses: np.ndarray) -> lightgbm.Booster:
        settings = {
            "objective": "regression",
            "learning_rate": self.rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": 5 if len(losses) < FEW_TRIALS else 10,
            "min_data_in_bin": 1,
            "feature_pre_filter": False,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
            "seed": 0,
        }
        return lightgbm.train(settings, lightgbm.Dataset(mixtures, losses), num_boost_round=self.trees)


@dataclass(frozen=True, eq=False)
class FittedTrees:
    """One booster per target."""

    held_out: np.ndarray
    models: tuple[lightgbm.Booster, ...]
    sd: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        if not len(mixtures):
            return Prediction(np.empty((0, len(self.models))), np.empty((0, len(self.models))))
        mean = np.column_stack(
            [np.asarray(model.predict(mixtures, num_threads=os.cpu_count() or 1)) for model in self.models]
        )
        return Prediction(mean, np.broadcast_to(self.sd, mean.shape).copy())
