"""One number for the losses of a mixture, in units of the trials: a mean, the worst target, or a mean rank. Lower wins.

Targets differ in how far any mixture can move them: a tenth of a bit per byte is much on prose and little on code.
So each loss is centred and divided by its standard deviation over the trials; the cost is that the number has no unit,
and every report shows the bits per byte beside it. A target that no mixture moves counts 0. The kinds:

- `mean`, the default: the weighted mean of standardised losses;
- `worst`: the worst standardised loss among the targets with a weight, for a mixture that leaves no target behind;
- `rank`: the weighted mean of percentile ranks among the trials, 0 the best and 1 the worst, which no outlier moves.
  Between trials the rank follows a straight line; beyond the best and the worst it goes on at the average pace, one
  spread of ranks per spread of losses, so that losses which are foreseen, not measured, still differ.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import rankdata

__all__ = ["Objective", "ObjectiveKind", "pareto_front"]

ObjectiveKind = Literal["mean", "worst", "rank"]
RANK_SPREAD = 12**-0.5  # standard deviation of percentile ranks, which are uniform on 0..1


class Ladder(NamedTuple):
    """The percentile ranks of one target's losses over the trials.

    Attributes:
        losses: (r,) float64, rising, all different.
        ranks: (r,) float64 in 0..1, rising; the middle of their places where trials are tied.
    """

    losses: np.ndarray
    ranks: np.ndarray

    @classmethod
    def of(cls, losses: np.ndarray) -> "Ladder":
        """Make the ladder of (n,) losses, n > 0."""
        rungs, first = np.unique(losses, return_index=True)
        return cls(rungs, ((rankdata(losses) - 0.5) / len(losses))[first])


@dataclass(frozen=True, eq=False)
class Objective:
    """What a mixture's losses are worth.

    Attributes:
        weights: (m,) float64 that sum to 1.
        centre: (m,) bits per byte.
        scale: (m,) bits per byte, > 0.
        correlation: (m, m) of the targets over the trials.
        kind: how the targets become one number.
        ladders: of the m targets; empty where the kind is not `rank`.
    """

    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    correlation: np.ndarray
    kind: ObjectiveKind = "mean"
    ladders: tuple[Ladder, ...] = ()

    @classmethod
    def fit(cls, losses: np.ndarray, weights: np.ndarray, kind: ObjectiveKind = "mean") -> "Objective":
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
        ladders: tuple[Ladder, ...] = ()
        if kind == "rank":
            columns = [centre[j : j + 1] if constant[j] else losses[:, j] for j in range(m)]
            ladders = tuple(Ladder.of(column) for column in columns)
        return cls(weights / weights.sum(), centre, scale, correlation, kind, ladders)

    def value(self, losses: np.ndarray) -> np.ndarray:
        """Return the objective (...,) of losses (..., m)."""
        if self.kind == "worst":
            return np.asarray(self.standardised(losses)[..., self.weights > 0].max(axis=-1))
        units = self.ranks(losses) if self.kind == "rank" else self.standardised(losses)
        return np.asarray(units @ self.weights)

    def deviation(self, sd: np.ndarray) -> np.ndarray:
        """Return the deviation (...,) of the objective for deviations (..., m) of the targets.

        Of a mean, errors are taken to go together as the losses do: a forecast that is wrong about a mixture is wrong
        about all targets that it serves alike. Under one kernel for all targets that is exact. Of the worst, the
        largest deviation of any target: the maximum of normal variables has no more (Poincare's inequality), often
        less. Of ranks, the mean's at the average pace, one spread of ranks per spread of losses.
        """
        if self.kind == "worst":
            return np.asarray((sd / self.scale)[..., self.weights > 0].max(axis=-1))
        scaled = self.weights * sd / self.scale * (RANK_SPREAD if self.kind == "rank" else 1.0)
        return np.asarray(np.sqrt(np.maximum((scaled @ self.correlation * scaled).sum(axis=-1), 0)))

    def standardised(self, losses: np.ndarray) -> np.ndarray:
        """Return losses (..., m) in units of their spreads over the trials."""
        return np.asarray((losses - self.centre) / self.scale)

    def ranks(self, losses: np.ndarray) -> np.ndarray:
        """Return the percentile ranks (..., m) of losses (..., m) among the trials; beyond them below 0 or above 1."""
        found = np.empty(np.shape(losses))
        for j, (rungs, ranks) in enumerate(self.ladders):
            inside = np.clip(losses[..., j], rungs[0], rungs[-1])
            beyond = (losses[..., j] - inside) * RANK_SPREAD / self.scale[j]
            found[..., j] = np.interp(inside, rungs, ranks) + beyond
        return found

    def bits(self, losses: np.ndarray) -> np.ndarray:
        """Return the weighted mean (...,) of losses (..., m) in bits per byte, unstandardised."""
        return np.asarray(losses @ self.weights)


def pareto_front(losses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return (n,) bool: which rows of (n, m) finite losses no other beats, looking at targets with a weight (m,) alone.

    One row beats another when it is nowhere higher and somewhere lower; equal rows do not beat each other.
    """
    one, other = losses[:, None, weights > 0], losses[None, :, weights > 0]
    beaten = np.all(other <= one, axis=-1) & np.any(other < one, axis=-1)  # (n, n)
    return np.asarray(~np.any(beaten, axis=1))
