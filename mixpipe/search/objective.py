"""One number for the losses of a mixture: the weighted mean over targets, each in units of its own spread. Lower wins.

Targets differ in how far any mixture can move them: a tenth of a bit per byte is much on prose and little on code.
So each loss is centred and divided by its standard deviation over the trials before weighting; the cost is that the
number has no unit, and every report shows the bits per byte beside it. A target that no mixture moves counts 0.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Objective"]


@dataclass(frozen=True, eq=False)
class Objective:
    """The weighted mean of standardised losses.

    Attributes:
        weights: (m,) float64 that sum to 1.
        centre: (m,) bits per byte.
        scale: (m,) bits per byte, > 0.
        correlation: (m, m) of the targets over the trials.
    """

    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    correlation: np.ndarray

    @classmethod
    def fit(cls, losses: np.ndarray, weights: np.ndarray) -> "Objective":
        """Return the objective whose units are the spreads of (n, m) finite losses; with n < 2, bits per byte."""
        m = len(weights)
        centre = losses.mean(axis=0) if len(losses) else np.zeros(m)
        spread = losses.std(axis=0, ddof=1) if len(losses) > 1 else np.zeros(m)
        # Equal losses have a spread of rounding errors, which must not become the unit.
        constant = spread <= 1e-12 * np.maximum(1, np.abs(centre))
        scale = np.where(constant, 1.0, spread)
        offsets = (losses - centre) / scale
        correlation = offsets.T @ offsets / max(len(losses) - 1, 1) if len(losses) > 1 else np.zeros((m, m))
        np.fill_diagonal(correlation, 1.0)
        return cls(weights / weights.sum(), centre, scale, correlation)

    def standardised(self, losses: np.ndarray) -> np.ndarray:
        """Return losses (..., m) in units of their spreads over the trials."""
        return np.asarray((losses - self.centre) / self.scale)

    def value(self, losses: np.ndarray) -> np.ndarray:
        """Return the objective (...,) of losses (..., m)."""
        return np.asarray(self.standardised(losses) @ self.weights)

    def deviation(self, sd: np.ndarray) -> np.ndarray:
        """Return the deviation (...,) of the objective for deviations (..., m) of the targets.

        Errors are taken to go together as the losses do: a forecast that is wrong about a mixture is wrong about all
        targets that it serves alike. Under one kernel for all targets that is exact.
        """
        scaled = self.weights * sd / self.scale
        return np.asarray(np.sqrt(np.maximum((scaled @ self.correlation * scaled).sum(axis=-1), 0)))

    def worst(self, losses: np.ndarray) -> np.ndarray:
        """Return the worst standardised loss (...,) among the targets that have weight."""
        return np.asarray(self.standardised(losses)[..., self.weights > 0].max(axis=-1))

    def bits(self, losses: np.ndarray) -> np.ndarray:
        """Return the weighted mean (...,) of losses (..., m) in bits per byte, unstandardised."""
        return np.asarray(losses @ self.weights)
