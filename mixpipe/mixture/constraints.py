"""What a mixture may be: a floor and a cap on every domain's share, one layer for every proposal and the final mixture.

Caps come from repetition: no domain is repeated more than `max_epochs` times in the budget. Mixtures are brought
under them by Euclidean projection on the capped simplex, w = clip(v - shift, floors, caps), the shift by Newton's
steps inside a bracket. Clipping and rescaling is wrong: (.29, .5, .21) under caps (.3, .3, 1) rescales to .406 in the
first domain.
"""

from dataclasses import dataclass

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.mixture.simplex import LATTICE, renormalise, snap

__all__ = ["Constraints"]

# Newton's steps end at the exact shift after as many as bounds are met on the way, 5 to 10 for 20 domains. Where a step
# leaves the bracket it is halved: 60 halvings are all the bits of a double, as shifts span at most a few units.
STEPS = 60
EXACT = 1e-13
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Constraints:
    """Bounds on the share of every domain.

    Attributes:
        floors: (k,) float64, the least share of each domain.
        caps: (k,) float64, the most.
    """

    floors: np.ndarray
    caps: np.ndarray

    def __post_init__(self) -> None:
        """Refuse bounds that no mixture meets."""
        floors, caps = self.floors, self.caps
        if floors.shape != caps.shape or floors.ndim != 1:
            raise ConfigError(f"expected a floor and a cap per domain, found shapes {floors.shape} and {caps.shape}")
        if not ((floors >= 0) & (floors <= caps) & (caps <= 1)).all():
            worst = int(np.argmin((floors >= 0) & (floors <= caps) & (caps <= 1)))
            raise ConfigError(
                f"expected 0 <= floor <= cap <= 1, found floor {floors[worst]:.6g} and cap {caps[worst]:.6g} "
                f"for domain {worst}; lower the floor or raise the cap"
            )
        if floors.sum() > 1 + TOLERANCE or caps.sum() < 1 - TOLERANCE:
            raise ConfigError(
                f"expected floors that sum to at most 1 and caps that sum to at least 1, found {floors.sum():.6g} and "
                f"{caps.sum():.6g}; lower min_weight or raise max_epochs"
            )

    @classmethod
    def free(cls, domains: int) -> "Constraints":
        """Return the bounds that every mixture of so many domains meets."""
        return cls(np.zeros(domains), np.ones(domains))

    @classmethod
    def from_epochs(
        cls, available_tokens: np.ndarray, budget_tokens: float, max_epochs: float, *, min_weight: float = 0.0
    ) -> "Constraints":
        """Return the bounds of a run: cap min(1, max_epochs * available / budget), floor min(min_weight, cap).

        Args:
            available_tokens: (k,) tokens of each domain.
            budget_tokens: tokens of the training run.
            max_epochs: the most often that a domain may be repeated.
            min_weight: the least share of any domain; a domain too small for it is used up to its cap.

        Raises:
            ConfigError: the caps cannot fill the budget, or the floors exceed it.
        """
        available = np.asarray(available_tokens, dtype=np.float64)
        most = max_epochs * available.sum()
        if most < budget_tokens * (1 - TOLERANCE):
            raise ConfigError(
                f"expected at least {budget_tokens:,.0f} tokens (budget_tokens) from the {available.sum():,.0f} there "
                f"are in at most {max_epochs:g} epochs, found {most:,.0f}: {budget_tokens - most:,.0f} tokens short; "
                f"lower budget_tokens to {np.floor(most):,.0f}, raise max_epochs to "
                f"{budget_tokens / max(available.sum(), 1):.2f}, or add documents"
            )
        caps = np.minimum(1.0, max_epochs * available / budget_tokens)
        floors = np.minimum(min_weight, caps)
        if floors.sum() > 1:
            raise ConfigError(
                f"expected floors that sum to at most 1, found min_weight {min_weight:g} on {len(caps)} domains: "
                f"{(floors.sum() - 1) * budget_tokens:,.0f} tokens too many; lower it to {1 / len(caps):.4g} or less"
            )
        return cls(floors, caps)

    def feasible(self, weights: np.ndarray) -> bool:
        """Tell whether all mixtures (..., k) are on the simplex and within the bounds, to 1e-9 or a lattice step."""
        low, high = self._lattice_bounds()
        sums = np.abs(weights.sum(axis=-1) - 1) <= TOLERANCE
        above = weights >= np.minimum(self.floors, low) - TOLERANCE
        below = weights <= np.maximum(self.caps, high) + TOLERANCE
        return bool(sums.all() and above.all() and below.all())

    def project(self, weights: np.ndarray) -> np.ndarray:
        """Return the feasible mixtures nearest to `weights` (..., k) in Euclidean distance."""
        return _project(np.asarray(weights, dtype=np.float64), self.floors, self.caps)

    def settle(self, weights: np.ndarray) -> np.ndarray:
        """Return feasible mixtures on the lattice next to `weights` (..., k): projected, then snapped."""
        # The bounds are multiples of the step, so rounding a share up or down by less than a step stays within them.
        return snap(_project(renormalise(weights), *self._lattice_bounds()))

    def _lattice_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds moved inwards to the lattice; where that leaves no mixture, the largest give a step."""
        high = _whole_steps(np.floor(self.caps * LATTICE + 1e-6), at_least=LATTICE, order=np.argsort(-self.caps))
        low = -_whole_steps(-np.ceil(self.floors * LATTICE - 1e-6), at_least=-LATTICE, order=np.argsort(-self.floors))
        return np.minimum(low, high) / LATTICE, high / LATTICE


def _whole_steps(counts: np.ndarray, *, at_least: int, order: np.ndarray) -> np.ndarray:
    """Add one step to as many of the first domains in `order` as bring the sum up to `at_least`."""
    missing = max(0, int(at_least - counts.sum()))
    counts[order[:missing]] += 1
    return counts


def _project(points: np.ndarray, floors: np.ndarray, caps: np.ndarray) -> np.ndarray:
    inside = (points >= floors).all(axis=-1) & (points <= caps).all(axis=-1)
    rows = np.atleast_2d(points)
    todo = ~np.atleast_1d(inside & (np.abs(points.sum(axis=-1) - 1) <= 1e-12))
    result = rows.copy()
    v = rows[todo]
    low, high = (v - caps).min(axis=-1, initial=0, keepdims=True), (v - floors).max(axis=-1, initial=0, keepdims=True)
    shift = (low + high) / 2
    for _ in range(STEPS):
        moved = v - shift
        excess = np.clip(moved, floors, caps).sum(axis=-1, keepdims=True) - 1
        if (exact := np.abs(excess) <= EXACT).all():
            break
        low, high = np.where(excess > 0, shift, low), np.where(excess > 0, high, shift)
        # The sum falls by the number of shares between their bounds, straight until one of them meets a bound.
        free = ((moved > floors) & (moved < caps)).sum(axis=-1, keepdims=True)
        straight = shift + excess / np.maximum(free, 1)
        straight = np.where((free > 0) & (low < straight) & (straight < high), straight, (low + high) / 2)
        shift = np.where(exact, shift, straight)
    result[todo] = np.clip(v - shift, floors, caps)
    return result.reshape(points.shape)
