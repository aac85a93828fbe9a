"""The ensemble of the surrogates, weighted per target by what each foresaw of trials it had not seen.

Non-negative least squares of the losses on the members' held-out predictions, shrunk towards equal weights: with 16
trials the shrinkage rules, with 500 the data. Members whose held-out rank correlation is undefined or negative have
no say. The disagreement of the members is part of the standard deviation, which so grows where they extrapolate.
Breiman 1996 (Stacked regressions) with a shrinkage of our own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import Fitted, Prediction
from mixpipe.search.surrogates.rank import spearman

__all__ = ["Auto", "FittedEnsemble"]

# How far weights stray from equal before the data must insist, as a standard deviation.
STRAY = 0.3


@dataclass(frozen=True)
class Auto:
    """Surrogates together.

    Attributes:
        members: registered names.
    """

    members: tuple[str, ...] = ("explaw", "gp", "lightgbm", "linear-sqrt")

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedEnsemble":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        fitted = {name: load_surrogate(name).fit(mixtures, losses) for name in self.members}
        held_out = np.stack([member.held_out for member in fitted.values()])  # (members, n, m)
        ranks = np.array([spearman(member, losses) for member in held_out])  # (members, m)
        weights = np.column_stack(
            [_weights(held_out[:, :, i].T, losses[:, i], ranks[:, i]) for i in range(losses.shape[1])]
        )
        return FittedEnsemble(np.einsum("anm,am->nm", held_out, weights), fitted, weights, ranks)


@dataclass(frozen=True, eq=False)
class FittedEnsemble:
    """Members and their weights.

    Attributes:
        held_out: (n, m) weighted held-out predictions.
        members: by name, in the order of the rows below.
        weights: (members, m) float64, columns that sum to 1.
        ranks: (members, m) held-out Spearman correlation, NaN where undefined.
    """

    held_out: np.ndarray
    members: dict[str, Fitted]
    weights: np.ndarray
    ranks: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        mean, square = np.zeros((2, len(mixtures), self.weights.shape[1]))
        for member, weight in zip(self.members.values(), self.weights, strict=True):
            if not weight.any():
                continue
            prediction = member.predict(mixtures)
            mean += weight * prediction.mean
            square += weight * (prediction.sd**2 + prediction.mean**2)
        return Prediction(mean, np.sqrt(np.maximum(square - mean**2, 0)))


def _weights(held_out: np.ndarray, losses: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Return the weights (members,) of held-out predictions (n, members) of one target (n,)."""
    able = np.flatnonzero(ranks > 0)
    if not len(able):
        able = np.arange(len(ranks))
    equal = np.full(len(able), 1 / len(able))
    error = ((held_out[:, able] - losses[:, None]) ** 2).mean(axis=0).min()
    pull = np.sqrt(max(error, 1e-12)) / STRAY
    design = np.vstack([held_out[:, able], pull * np.eye(len(able))])
    found, _ = nnls(design, np.concatenate([losses, pull * equal]))
    weights = np.zeros(len(ranks))
    weights[able] = found / found.sum() if found.sum() > 0 else equal
    return weights
