"""Kernel regression with everything in closed form: one eigendecomposition serves all targets and noise levels.

K = Q diag(e) Q'. For noise s2 (relative to the kernel's amplitude) the inverse is Q diag(1 / (e + s2)) Q', so that
leave-one-out errors over a grid of noise levels cost a matrix product (Rasmussen and Williams 2006, section 5.4.2),
and leave-a-fold-out predictions one small solve per fold. The noise is learned per target, the kernel is shared.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from mixpipe.search.surrogates.protocol import Prediction

__all__ = ["KernelFit", "fit_kernel", "matern", "predict_in_chunks"]

# Relative to the amplitude; the smallest keeps repeated mixtures from making K singular.
NOISES = np.geomspace(1e-4, 1e1, 16)

# Mixtures scored at once: their kernel with 512 trials, in float32, stays within the second-level cache.
CHUNK = 512


def matern(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the Matern 5/2 kernel (p, q) of points (p, k) and (q, k) that are divided by their length scales."""
    squares = 5 * np.einsum("ij,ij->i", left, left)[:, None] + 5 * np.einsum("ij,ij->i", right, right)
    squares -= 10 * left @ right.T
    distance = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
    kernel = distance / 3
    kernel += 1
    kernel *= distance
    kernel += 1
    kernel *= np.exp(np.negative(distance, out=distance), out=distance)
    return np.asarray(kernel)


def predict_in_chunks(predict: Callable[[np.ndarray], Prediction], mixtures: np.ndarray) -> Prediction:
    """Return the losses foreseen for (q, k) mixtures, `predict` called with the float32 roots of some at a time.

    Chunks run on all cores: what they wait for is memory and exponentials, which numpy computes without its lock.
    """
    roots = np.sqrt(mixtures, dtype=np.float32)
    chunks = [roots[start : start + CHUNK] for start in range(0, max(len(roots), 1), CHUNK)]
    with ThreadPoolExecutor(min(len(chunks), os.cpu_count() or 1)) as pool:
        parts = list(pool.map(predict, chunks))
    return Prediction(*(np.concatenate(columns).astype(np.float64) for columns in zip(*parts, strict=True)))


@dataclass(frozen=True, eq=False)
class KernelFit:
    """Kernel regression of m targets on n trials.

    Attributes:
        score: leave-one-out log predictive density, summed over targets; higher is better.
        noise: (m,) noise variance relative to the amplitude.
        amplitude: (m,) variance that the kernel is multiplied by.
        alpha: (n, m) weights of the trials.
        values: (n,) eigenvalues of the kernel.
        vectors: (n, n) eigenvectors.
        losses: (n, m) what was fitted.
    """

    score: float
    noise: np.ndarray
    amplitude: np.ndarray
    alpha: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    losses: np.ndarray

    def predict(self, cross: np.ndarray, variance: np.ndarray) -> Prediction:
        """Return the losses foreseen, from kernel values, in their precision.

        Args:
            cross: (q, n) kernel between new mixtures and trials.
            variance: (q,) kernel of each new mixture with itself.
        """
        vectors, alpha, inverses = (
            array.astype(cross.dtype, copy=False)
            for array in (self.vectors, self.alpha, 1 / (self.values[:, None] + self.noise))
        )
        left = np.maximum(variance[:, None] - (cross @ vectors) ** 2 @ inverses, 0)
        return Prediction(cross @ alpha, np.sqrt(self.amplitude * left))

    def without_folds(self, fold: np.ndarray) -> np.ndarray:
        """Return (n, m) predictions of the trials, each made without its fold (n,)."""
        held_out = np.empty_like(self.losses)
        for target, noise in enumerate(self.noise):
            inverse = (self.vectors / (self.values + noise)) @ self.vectors.T
            for number in np.unique(fold):
                rows = np.flatnonzero(fold == number)
                error = np.linalg.solve(inverse[np.ix_(rows, rows)], self.alpha[rows, target])
                held_out[rows, target] = self.losses[rows, target] - error
        return held_out


def fit_kernel(kernel: np.ndarray, losses: np.ndarray, *, noises: np.ndarray = NOISES) -> KernelFit:
    """Fit (n, m) standardised losses under a kernel (n, n), the noise of each target by leave-one-out.

    Args:
        kernel: (n, n) float64, symmetric and not negative.
        losses: (n, m) float64.
        noises: variances to choose from, relative to the amplitude, all > 0.
    """
    values, vectors = np.linalg.eigh(kernel)
    values = np.maximum(values, 0)
    inverses = 1 / (values[:, None] + noises)  # (n, noises)
    precision = vectors**2 @ inverses  # diagonals of the inverses
    alphas = np.einsum("ij,jl,jm->lim", vectors, inverses, vectors.T @ losses, optimize=True)
    amplitudes = (alphas**2 / precision.T[:, :, None]).mean(axis=1)  # (noises, m), the best in closed form
    amplitudes = np.maximum(amplitudes, 1e-12)
    scores = 0.5 * (np.log(precision).mean(axis=0)[:, None] - np.log(amplitudes) - 1)
    best = scores.argmax(axis=0)
    columns = np.arange(losses.shape[1])
    return KernelFit(
        score=float(scores[best, columns].sum()),
        noise=noises[best],
        amplitude=amplitudes[best, columns],
        alpha=alphas[best, :, columns].T,
        values=values,
        vectors=vectors,
        losses=losses,
    )
