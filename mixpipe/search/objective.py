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
    """

    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, losses: np.ndarray, weights: np.ndarray) -> "Objective":
        """Return the objective whose units are the spreads of (n, m) finite losses; with n < 2, bits per byte."""
        m = len(weights)
        centre = losses.mean(axis=0) if len(losses) else np.zeros(m)
        spread = losses.std(axis=0, ddof=1) if len(losses) > 1 else np.zeros(m)
        # Equal losses have a spread of rounding errors, which must not become the unit.
        constant = spread <= 1e-12 * np.maximum(1, np.abs(centre))
        return cls(weights / weights.sum(), centre, np.where(constant, 1.0, spread))

    def standardised(self, losses: np.ndarray) -> np.ndarray:
        """Return losses (..., m) in units of their spreads over the trials."""
        return np.asarray((losses - self.centre) / self.scale)

    def value(self, losses: np.ndarray) -> np.ndarray:
        """Return the objective (...,) of losses (..., m)."""
        return np.asarray(self.standardised(losses) @ self.weights)

    def deviation(self, sd: np.ndarray) -> np.ndarray:
        """Return the deviation (...,) of the objective for independent deviations (..., m) of the targets."""
        return np.asarray(np.sqrt(((self.weights * sd / self.scale) ** 2).sum(axis=-1)))

    def worst(self, losses: np.ndarray) -> np.ndarray:
        """Return the worst standardised loss (...,) among the targets that have weight."""
        return np.asarray(self.standardised(losses)[..., self.weights > 0].max(axis=-1))

    def bits(self, losses: np.ndarray) -> np.ndarray:
        """Return the weighted mean (...,) of losses (..., m) in bits per byte, unstandardised."""
        return np.asarray(losses @ self.weights)
