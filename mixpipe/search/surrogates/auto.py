"""The ensemble of the surrogates, weighted per target by what each foresaw of trials it had not seen.

Non-negative least squares of the losses on the members' held-out predictions, shrunk towards a say: the inverse fourth
power of a member's held-out mean squared error, half from the target and half from all targets (geometric means), which
a dozen trials can tell apart where their least squares cannot. With 16 trials the say rules, with 500 the data. The
disagreement of the members is part of the standard deviation, which so grows where they extrapolate. Breiman 1996
(Stacked regressions) with a shrinkage of our own (docs/search.md).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import Fitted, Prediction
from mixpipe.search.surrogates.rank import spearman

__all__ = ["Auto", "FittedEnsemble"]

# How far weights stray from a member's say before the data must insist, as a standard deviation.
STRAY = 0.1
SAY = 4.0
# Held-out squared errors, of losses of variance 1, below which members are all perfect.
PERFECT = 1e-3


@dataclass(frozen=True)
class Auto:
    """Surrogates together.

    Attributes:
        members: registered names.
    """

    members: tuple[str, ...] = ("explaw", "gp", "gp-ard", "lightgbm")

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedEnsemble":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        fitted = {name: load_surrogate(name).fit(mixtures, losses) for name in self.members}
        held_out = np.stack([member.held_out for member in fitted.values()])  # (members, n, m)
        ranks = np.array([spearman(member, losses) for member in held_out])  # (members, m)
        errors = np.maximum(((held_out - losses) ** 2).mean(axis=1), PERFECT)  # (members, m)
        say = _say(errors)
        weights = np.column_stack(
            [
                _weights(held_out[:, :, i].T, losses[:, i], say[:, i], STRAY / np.sqrt(errors[:, i].min()))
                for i in range(losses.shape[1])
            ]
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


def _say(errors: np.ndarray) -> np.ndarray:
    """Return (members, m) weights from held-out mean squared errors (members, m)."""
    logs = np.log(errors)
    say = -SAY * (logs + logs.mean(axis=1, keepdims=True)) / 2
    powers = np.exp(say - say.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0))


def _weights(held_out: np.ndarray, losses: np.ndarray, say: np.ndarray, freedom: float) -> np.ndarray:
    """Return the weights (members,) of held-out predictions (n, members) of one target (n,)."""
    design = np.vstack([held_out, np.eye(len(say)) / freedom])
    found, _ = nnls(design, np.concatenate([losses, say / freedom]))
    return np.asarray(found / found.sum() if found.sum() > 0 else say)
