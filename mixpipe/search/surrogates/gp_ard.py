"""A Gaussian process on square-root shares with a length scale per domain and target, found by marginal likelihood.

Which domains a loss depends on differs from loss to loss: a length scale each lets a process see that, where one kernel
for all targets must average over it. Rasmussen and Williams 2006, sections 5.1 and 5.4.1, with the amplitude in closed
form. A fraction of a second a target: one matrix product gives the gradient of all length scales, and lengths are
learned from at most `ROWS` trials, then used with all. A normal prior on their logarithms keeps fewer trials than
domains from making up any. Held-out predictions use lengths that the trial has helped to find, which flatters them a
little, and deviations count the leading `RANK` directions alone, which makes those of many trials a little too wide.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel, matern, predict_in_chunks
from mixpipe.search.surrogates.protocol import Prediction, folds

__all__ = ["FittedRelevance", "RelevanceProcess"]

ROWS = 256
STEPS = 40
# Logarithms of length scales and of the noise's variance are normal about these with these deviations.
LENGTH, LENGTH_SD = 0.0, 1.0
NOISE, NOISE_SD = float(np.log(1e-2)), 3.0
LENGTH_BOUNDS, NOISE_BOUNDS = (-4.0, 6.0), (float(np.log(1e-5)), float(np.log(30.0)))
# Variance of the constant, relative to that of the process.
CONSTANT = 1.0
RANK = 32


@dataclass(frozen=True)
class RelevanceProcess:
    """Matern 5/2 on sqrt(w) / length (automatic relevance determination), each target by itself."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> "FittedRelevance":
        """Fit (n, k) mixtures to standardised (n, m) losses."""
        roots, fold = np.sqrt(mixtures), folds(mixtures)
        learned = np.random.default_rng(0).permutation(len(roots))[:ROWS]
        held_out = np.empty_like(losses)
        targets = []
        for column in range(losses.shape[1]):
            found = _learn(roots[learned], losses[learned, column])
            length, noise = np.exp(found[:-1]), np.exp(found[-1:])
            fit = fit_kernel(matern(roots / length, roots / length) + CONSTANT, losses[:, [column]], noises=noise)
            held_out[:, [column]] = fit.without_folds(fold)
            targets.append(_Target.of(length, roots, fit))
        return FittedRelevance(held_out, tuple(targets))


@dataclass(frozen=True, eq=False)
class _Target:
    """The process of one target, conditioned on n trials, in float32: exact enough to rank mixtures.

    Attributes:
        length: (k,).
        scaled: (n, k) roots of the trials over the lengths.
        alpha: (n,) weights of the trials.
        directions: (n, RANK) what the trials explain of a new mixture's variance.
        amplitude: variance of the process.
    """

    length: np.ndarray
    scaled: np.ndarray
    alpha: np.ndarray
    directions: np.ndarray
    amplitude: float

    @classmethod
    def of(cls, length: np.ndarray, roots: np.ndarray, fit: KernelFit) -> "_Target":
        leading = slice(-RANK, None)
        directions = fit.vectors[:, leading] / np.sqrt(fit.values[leading] + fit.noise)
        length, scaled, alpha, directions = (
            array.astype(np.float32) for array in (length, roots / length, fit.alpha[:, 0], directions)
        )
        return cls(length, scaled, alpha, directions, float(fit.amplitude[0]))

    def predict(self, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation, (q,) each."""
        cross = matern(roots / self.length, self.scaled)
        cross += np.float32(CONSTANT)
        explained = ((cross @ self.directions) ** 2).sum(axis=1)
        return cross @ self.alpha, np.sqrt(self.amplitude * np.maximum(1 + CONSTANT - explained, 0))


@dataclass(frozen=True, eq=False)
class FittedRelevance:
    """A process per target; `held_out` is (n, m)."""

    held_out: np.ndarray
    targets: tuple[_Target, ...]

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        return predict_in_chunks(self._predict, mixtures)

    def _predict(self, roots: np.ndarray) -> Prediction:
        mean, sd = zip(*(target.predict(roots) for target in self.targets), strict=True)
        return Prediction(np.column_stack(mean), np.column_stack(sd))


def _learn(roots: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return (k + 1,): the logarithms of the length scales and of the noise that (n,) losses make most likely."""
    k = roots.shape[1]
    found = minimize(
        _unlikelihood,
        np.array([*[LENGTH] * k, NOISE]),
        (roots, losses),
        method="L-BFGS-B",
        jac=True,
        bounds=[*[LENGTH_BOUNDS] * k, NOISE_BOUNDS],
        options={"maxiter": STEPS},
    )
    return np.asarray(found.x)


def _unlikelihood(parameters: np.ndarray, roots: np.ndarray, losses: np.ndarray) -> tuple[float, np.ndarray]:
    """Return minus the logarithm of the posterior density of the parameters (k + 1,), and its gradient."""
    n, k = roots.shape
    inverse, noise = np.exp(-parameters[:k]), np.exp(parameters[k])
    distance = _distance(roots * inverse, roots * inverse)
    decay = np.exp(-distance)
    kernel = (1 + distance + distance**2 / 3) * decay + CONSTANT
    kernel[np.diag_indices(n)] += noise
    factor, _ = lapack.dpotrf(kernel, lower=1)
    half, _ = lapack.dpotri(factor, lower=1)
    precision = np.tril(half) + np.tril(half, -1).T
    alpha = precision @ losses
    amplitude = losses @ alpha / n
    by_kernel = (precision - np.outer(alpha, alpha / amplitude)) / 2
    # The kernel falls with the logarithm of a length by 5/3 (1 + s) e^-s (x_i - x_j)^2 / length^2, s the distance.
    through = by_kernel * (5 / 3) * (1 + distance) * decay
    squares = 2 * (roots**2 * through.sum(axis=1)[:, None] - roots * (through @ roots)).sum(axis=0)
    deviations = np.array([*[LENGTH_SD] * k, NOISE_SD])
    off = (parameters - np.array([*[LENGTH] * k, NOISE])) / deviations
    value = n / 2 * np.log(amplitude) + np.log(np.diag(factor)).sum() + off @ off / 2
    return value, np.array([*squares * inverse**2, noise * np.trace(by_kernel)]) + off / deviations


def _distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * (left @ right.T)
    return np.asarray(np.sqrt(5 * np.maximum(squares, 0)))
