"""Data mixing law, loss_i = c_i + k_i exp(sum_j t_ij r_j): every validation loss of any mixture.

Ye et al. 2024 (Data mixing laws, arXiv 2403.16952, section 3). A Huber fit per target, c from 0 to its losses as in
the paper; the starts are log-linear fits at several c, a handful where the paper takes thousands on a grid. Shares
sum to 1, so a constant added to t_i is a factor of k_i: here every t_i sums to 0 and k + 1 numbers are free, not
k + 2. Compare predictions, never coefficients.

With two domains the paper scans c instead, and asks how much of a new domain continued training may hold before the
loss on the old one rises: the critical share.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit, minimise_mixture, need_trials, simplex_starts

__all__ = ["MixingLaw", "critical_share", "fit_mixing", "scan_two_domains"]

HUBER = 0.02
# Where c may start, in ranges of the losses below the least one.
DEPTHS = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0)
GRID = 1000
# e^50 is far beyond any loss, and finite.
LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, eq=False)
class MixingLaw:
    """Coefficients for m targets and k domains.

    Attributes:
        floors: (m,) c, in units of the losses.
        log_scales: (m,) log k; k itself may be too small for a float.
        effects: (m, k) t, rows that sum to 0; below 0 where a domain helps a target.
    """

    floors: np.ndarray
    log_scales: np.ndarray
    effects: np.ndarray

    def predict(self, mixtures: np.ndarray) -> np.ndarray:
        """Return the losses (n, m) of (n, k) mixtures."""
        return np.asarray(self.floors + _exp(self.log_scales + mixtures @ self.effects.T))

    def optimum(self, weights: np.ndarray) -> np.ndarray:
        """Return the mixture (k,) of the least sum of losses under target weights (m,) >= 0; the sum is convex."""

        def slope(mixture: np.ndarray) -> np.ndarray:
            return np.asarray((weights * _exp(self.log_scales + self.effects @ mixture)) @ self.effects)

        def value(mixture: np.ndarray) -> float:
            return float(weights @ _exp(self.log_scales + self.effects @ mixture))

        return minimise_mixture(value, slope, simplex_starts(self.effects.shape[1]))


def fit_mixing(mixtures: np.ndarray, losses: np.ndarray, *, delta: float = HUBER) -> MixingLaw:
    """Fit (n, k) mixtures to losses (n, m); residuals beyond `delta`, in units of the losses, count linearly.

    Raises:
        InputError: there are fewer mixtures than coefficients, k + 1.
    """
    need_trials(len(mixtures), mixtures.shape[1] + 1, "mixing")
    fits = [_fit_target(mixtures, column, delta) for column in losses.T]
    floors, logs = np.array([fit[0] for fit in fits]), np.stack([fit[1:] for fit in fits])
    centres = logs.mean(axis=1)
    return MixingLaw(floors, centres, logs - centres[:, None])


def scan_two_domains(shares: np.ndarray, losses: np.ndarray) -> MixingLaw:
    """Fit one target's losses (n,) at shares (n,) of the first of two domains, as the paper does it.

    Of 1,000 values of c from 0 to the least loss, the one at which log(loss - c) is straightest.

    Raises:
        InputError: there are fewer than three shares, or a loss is not positive.
    """
    need_trials(len(np.unique(shares)), 3, "two-domain mixing")
    if losses.min() <= 0:
        raise InputError(f"expected losses > 0, found {losses.min()}")
    floors = np.linspace(0, losses.min(), GRID, endpoint=False)
    logs = np.log(losses - floors[:, None])  # (grid, n)
    centred, x = logs - logs.mean(axis=1, keepdims=True), shares - shares.mean()
    sizes = np.sqrt((centred**2).sum(axis=1) * (x @ x))
    best = int(np.argmax(np.abs(centred @ x) / np.maximum(sizes, 1e-300)))
    slope = float(centred[best] @ x / (x @ x))
    level = float(logs[best].mean() + slope * (0.5 - shares.mean()))
    return MixingLaw(floors[best : best + 1], np.array([level]), np.array([[slope / 2, -slope / 2]]))


def critical_share(law: MixingLaw, loss: float) -> float:
    """Return the share of the first of two domains at which the law's one target has that loss, between 0 and 1.

    Raises:
        InputError: no mixture of the two has it.
    """
    ends = law.predict(np.eye(2))[:, 0]
    if not ends.min() <= loss <= ends.max():
        raise InputError(f"the law's losses run from {ends.min():.4f} to {ends.max():.4f}, none is {loss:.4f}")
    exponent = float(np.log(loss - law.floors[0]) - law.log_scales[0])
    first, second = law.effects[0]
    return float(np.clip((exponent - second) / (first - second), 0, 1))


def _exp(exponents: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(np.minimum(exponents, LARGEST_EXPONENT)))


def _fit_target(mixtures: np.ndarray, losses: np.ndarray, delta: float) -> np.ndarray:
    """Return (1 + k,): c, then t with log k added to each."""

    def residuals(parameters: np.ndarray) -> np.ndarray:
        return np.asarray(parameters[0] + _exp(mixtures @ parameters[1:]) - losses)

    def slopes(parameters: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(losses)), _exp(mixtures @ parameters[1:])[:, None] * mixtures])

    least, spread = float(losses.min()), max(float(np.ptp(losses)), 1e-6)
    starts = []
    for depth in DEPTHS:
        floor = max(least - depth * spread, min(0.0, least - spread))
        logs = np.log(np.maximum(losses - floor, 1e-3 * spread))
        starts.append(np.concatenate([[floor], np.linalg.lstsq(mixtures, logs, rcond=1e-6)[0]]))
    lower, upper = np.full(1 + mixtures.shape[1], -np.inf), np.full(1 + mixtures.shape[1], np.inf)
    lower[0], upper[0] = min(0.0, least - spread), float(losses.max())
    return huber_fit(residuals, np.array(starts), delta=delta, slopes=slopes, bounds=(lower, upper))
