"""The exponential law, loss = c + exp(t . w), one per target.

Ye et al. 2024 (Data mixing laws, arXiv 2403.16952, equation 4); their factor k is exp of a constant added to t, since
shares sum to 1. The law that transfers best to larger models. Fitted by Levenberg-Marquardt on all targets and
starts as one batch, with Huber weights (a diverged trial must not bend it), and t shrunk towards its mean over
domains (fewer trials than domains must not break it), how much by held-out error. Deviation: a law that falls and
levels off below, or that is nearly linear, comes out of the same form with c far below.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["ExponentialLaw", "FittedLaw"]

# Asymptotes tried, in ranges of the losses below the smallest; the far ones are nearly linear laws.
STARTS = (0.05, 0.5, 3.0)
SHRINKAGES = (3e-4, 3e-3, 3e-2)
FIRST_STEPS, LAST_STEPS = 8, 25
HUBER = 1.345


@dataclass(frozen=True)
class ExponentialLaw:
    """loss = c + exp(t . w)."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedLaw":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        fold = folds(mixtures)
        held_out = np.empty((len(SHRINKAGES), *losses.shape))
        for index, shrinkage in enumerate(SHRINKAGES):
            for number in np.unique(fold):
                rest, rows = fold != number, fold == number
                held_out[index, rows] = _evaluate(_fit(mixtures[rest], losses[rest], shrinkage), mixtures[rows])
        errors = np.abs(held_out - losses).mean(axis=1)  # (shrinkages, m)
        best, columns = errors.argmin(axis=0), np.arange(losses.shape[1])
        parameters = np.empty((losses.shape[1], mixtures.shape[1] + 1))
        for index in np.unique(best):
            chosen = best == index
            parameters[chosen] = _fit(mixtures, losses[:, chosen], SHRINKAGES[index])
        chosen_out = held_out[best, :, columns].T
        return FittedLaw(chosen_out, parameters, np.sqrt(((losses - chosen_out) ** 2).mean(axis=0)))


@dataclass(frozen=True, eq=False)
class FittedLaw:
    """(m, k + 1) parameters, t and then c; the standard deviation is that of the held-out errors."""

    held_out: np.ndarray
    parameters: np.ndarray
    sd: np.ndarray

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        mean = _evaluate(self.parameters, mixtures)
        return Prediction(mean, np.broadcast_to(self.sd, mean.shape).copy())


def _evaluate(parameters: np.ndarray, mixtures: np.ndarray) -> np.ndarray:
    # Far outside the trials the exponent may be anything: e^20 is already millions of standard deviations.
    return np.asarray(np.exp(np.minimum(mixtures @ parameters[:, :-1].T, 20)) + parameters[:, -1])


def _fit(mixtures: np.ndarray, losses: np.ndarray, shrinkage: float) -> np.ndarray:
    """Return the parameters (m, k + 1): a few steps from every start, the best of them to the end."""
    starts = np.stack([_start(mixtures, losses, depth) for depth in STARTS])  # (starts, m, k + 1)
    count, m, size = starts.shape
    tiled = np.tile(losses, (1, count))
    first, costs = _descend(starts.reshape(-1, size), mixtures, tiled, shrinkage, FIRST_STEPS)
    best = costs.reshape(count, m).argmin(axis=0)
    chosen = first.reshape(count, m, size)[best, np.arange(m)]
    return _descend(chosen, mixtures, losses, shrinkage, LAST_STEPS)[0]


def _start(mixtures: np.ndarray, losses: np.ndarray, depth: float) -> np.ndarray:
    """Return (m, k + 1): c below the smallest loss, t by ridge regression of log(loss - c)."""
    # Equal losses, such as those left when the one that differs is held out, still need a logarithm.
    c = losses.min(axis=0) - depth * np.maximum(np.ptp(losses, axis=0), 1e-3)
    logs = np.log(losses - c)
    centre = logs.mean(axis=0)
    gram = mixtures.T @ mixtures + 0.02 * len(mixtures) / mixtures.shape[1] * np.eye(mixtures.shape[1])
    t = np.linalg.solve(gram, mixtures.T @ (logs - centre)) + centre
    return np.column_stack([t.T, c])


def _descend(
    parameters: np.ndarray, mixtures: np.ndarray, losses: np.ndarray, shrinkage: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters (b, k + 1) after Levenberg-Marquardt steps on losses (n, b), and their costs (b,)."""
    k = mixtures.shape[1]
    penalty = np.zeros((k + 1, k + 1))
    penalty[:k, :k] = shrinkage * len(mixtures) * (np.eye(k) - 1 / k)
    damping = np.full(len(parameters), 1e-2)
    cost, weights = _cost(parameters, mixtures, losses, penalty)
    for _ in range(steps):
        curve = np.exp(np.minimum(mixtures @ parameters[:, :-1].T, 20)).T  # (b, n)
        jacobian = np.concatenate([curve[:, :, None] * mixtures, np.ones((*curve.shape, 1))], axis=2)  # (b, n, k + 1)
        weighted = jacobian * weights.T[:, :, None]
        normal = weighted.transpose(0, 2, 1) @ jacobian + penalty
        residuals = losses.T - curve - parameters[:, -1:]
        slope = (weighted.transpose(0, 2, 1) @ residuals[:, :, None])[:, :, 0] - parameters @ penalty
        ridge = damping[:, None] * (np.diagonal(normal, axis1=1, axis2=2) + 1e-6)
        step = np.linalg.solve(normal + ridge[:, :, None] * np.eye(k + 1), slope[:, :, None])[:, :, 0]
        trial_cost, trial_weights = _cost(parameters + step, mixtures, losses, penalty)
        better = trial_cost < cost
        parameters = np.where(better[:, None], parameters + step, parameters)
        cost, weights = np.where(better, trial_cost, cost), np.where(better, trial_weights, weights)
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-9, 1e9)
    return parameters, cost


def _cost(
    parameters: np.ndarray, mixtures: np.ndarray, losses: np.ndarray, penalty: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the penalised Huber costs (b,) and the weights (n, b) of the residuals."""
    size = np.abs(losses - _evaluate(parameters, mixtures))
    bend = HUBER * np.maximum(1.4826 * np.median(size, axis=0), 1e-3)
    weights = np.minimum(1, bend / np.maximum(size, 1e-12))
    huber = np.where(size <= bend, size**2, 2 * bend * size - bend**2).sum(axis=0)
    return huber + np.einsum("bi,ij,bj->b", parameters, penalty, parameters), weights
