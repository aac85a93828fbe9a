"""Critical mixture ratio: how much of a new domain continued pretraining may hold before general loss rises too far.

Gu et al. 2024 (CMR scaling law, arXiv 2407.17467, section 3). For each ratio R, with T in any unit of tokens:

    change of domain loss = a1 T^s1 + b1        change of general loss = a2 T^s2 + a3 T^s3 + b2

and the critical ratio is the largest R whose domain loss has fallen and whose general loss has risen by no more than
a tolerance, .05 in the paper. Judged at the whole budget: both changes are 0 at the start, so "at some point within
the budget" would hold for every ratio. Between measured ratios the changes are interpolated, monotone where they
are, and beyond them nothing is said. Deviation: two powers cannot follow every recovery (they miss 1 - e^(-T/20) by
2 % at its end), so within the measured budgets the fitted curve is moved by its residuals near the budget.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit

__all__ = ["CriticalRatio", "PowerSum", "critical_ratio", "fit_power_sum", "largest_feasible"]

TOLERATED_RISE = 0.05
HUBER = 0.01
EXPONENTS = (-2.0, -1.0, -0.5, -0.2, 0.2, 0.5, 1.0)
LARGEST_EXPONENT, LEAST_EXPONENT = 3.0, 1e-3
# One in so many measurements, those nearest to the budget, say how far the curve is off there.
NEAREST = 20
STARTS = 2
# Two powers are nearly one curve: steps below this only trade one for the other.
TOLERANCE = 1e-5
GRID = 10_001


@dataclass(frozen=True, eq=False)
class PowerSum:
    """A constant, and factors (terms,) of T / unit to the exponents (terms,)."""

    constant: float
    factors: np.ndarray
    exponents: np.ndarray
    unit: float

    def predict(self, tokens: np.ndarray) -> np.ndarray:
        """Return the values (n,) at tokens (n,) > 0."""
        return np.asarray(self.constant + (tokens[:, None] / self.unit) ** self.exponents @ self.factors)

    def slope(self, tokens: float) -> float:
        """Return the derivative by the logarithm of the tokens."""
        return float((tokens / self.unit) ** self.exponents @ (self.factors * self.exponents))


@dataclass(frozen=True)
class CriticalRatio:
    """The largest feasible ratio, 0 if none is, and whether the general loss is still rising there at the budget."""

    ratio: float
    rising: bool


def fit_power_sum(tokens: np.ndarray, values: np.ndarray, *, terms: int = 1) -> PowerSum:
    """Fit values (n,) at tokens (n,) > 0; one term also serves critical ratios (n,) over budgets (n,).

    Raises:
        InputError: there are fewer values than coefficients, 1 + 2 terms, or tokens that are not positive.
    """
    if len(np.unique(tokens)) < 1 + 2 * terms or not (tokens > 0).all():
        raise InputError(
            f"a curve of {terms} power terms has {1 + 2 * terms} parameters, found {len(np.unique(tokens))} different "
            f"token counts, the least {tokens.min()}; measure more often, from after the start on"
        )
    unit = float(tokens.max())
    logs = np.log(tokens / unit)

    def columns(exponents: np.ndarray) -> np.ndarray:
        # Powers less 1, over the exponent: never like the constant, and a logarithm at an exponent of 0.
        near = _away_from_zero(exponents)
        return np.column_stack([np.ones(len(logs)), np.expm1(logs[:, None] * near) / near])

    def residuals(free: np.ndarray) -> np.ndarray:
        return np.asarray(columns(free[1 + terms :]) @ free[: 1 + terms] - values)

    def slopes(free: np.ndarray) -> np.ndarray:
        near = _away_from_zero(free[1 + terms :])
        powers = logs[:, None] * near
        by_exponent = free[1 : 1 + terms] * (powers * np.exp(powers) - np.expm1(powers)) / near**2
        return np.column_stack([columns(near), by_exponent])

    grids = np.array(np.meshgrid(*[EXPONENTS] * terms)).reshape(terms, -1).T
    grids = grids[(np.diff(grids, axis=1) > 0).all(axis=1)]
    starts = []
    for exponents in grids:
        design = columns(exponents)
        linear = np.linalg.lstsq(design, values, rcond=1e-10)[0]
        starts.append((float(((design @ linear - values) ** 2).sum()), np.concatenate([linear, exponents])))
    best = sorted(starts, key=lambda start: start[0])[:STARTS]
    limit = np.concatenate([np.full(1 + terms, np.inf), np.full(terms, LARGEST_EXPONENT)])
    free = huber_fit(
        residuals,
        np.stack([start for _, start in best]),
        delta=HUBER,
        slopes=slopes,
        bounds=(-limit, limit),
        tolerance=TOLERANCE,
    )
    exponents = _away_from_zero(free[1 + terms :])
    factors = free[1 : 1 + terms] / exponents
    return PowerSum(float(free[0] - factors.sum()), factors, exponents, unit)


def critical_ratio(
    ratios: np.ndarray,
    tokens: np.ndarray,
    domain: np.ndarray,
    general: np.ndarray,
    *,
    budget: float,
    tolerated_rise: float = TOLERATED_RISE,
) -> CriticalRatio:
    """Return the critical ratio at a budget in the unit of the tokens.

    Args:
        ratios: (r,) shares of the new domain, two or more, increasing.
        tokens: (e,) at which every run was evaluated, > 0.
        domain: (r, e) changes of the domain's loss since before the runs.
        general: (r, e) changes of the general loss likewise.
        budget: tokens after which both are judged.
        tolerated_rise: of the general loss.

    Raises:
        InputError: there are fewer than two ratios, they do not increase, or the curves have too few points.
    """
    if len(ratios) < 2 or not (np.diff(ratios) > 0).all():
        raise InputError(f"expected two or more increasing ratios, found {ratios.tolist()}")
    fell = np.array([_value(fit_power_sum(tokens, row), tokens, row, budget) for row in domain])
    curves = [fit_power_sum(tokens, row, terms=2) for row in general]
    rose = np.array([_value(curve, tokens, row, budget) for curve, row in zip(curves, general, strict=True)])
    ratio = largest_feasible(ratios, fell, rose, tolerated_rise=tolerated_rise)
    if ratio is None:
        return CriticalRatio(0.0, False)
    slope = float(np.interp(ratio, ratios, [curve.slope(budget) for curve in curves]))
    return CriticalRatio(ratio, slope > 0)


def largest_feasible(
    ratios: np.ndarray, domain: np.ndarray, general: np.ndarray, *, tolerated_rise: float = TOLERATED_RISE
) -> float | None:
    """Return the largest ratio at which the domain's loss has fallen and the general one has not risen too far.

    Args:
        ratios: (r,) shares of the new domain, two or more, increasing.
        domain: (r,) changes of the domain's loss, interpolated in between.
        general: (r,) changes of the general loss likewise.
        tolerated_rise: of the general loss.

    Returns:
        The ratio, or None where there is none.
    """
    grid = np.linspace(ratios[0], ratios[-1], GRID)
    fell = PchipInterpolator(ratios, domain)(grid) < 0
    feasible = fell & (PchipInterpolator(ratios, general)(grid) <= tolerated_rise)
    return float(grid[np.flatnonzero(feasible)[-1]]) if feasible.any() else None


def _value(curve: PowerSum, tokens: np.ndarray, values: np.ndarray, budget: float) -> float:
    """Return the curve at the budget, within the measurements moved by the mean residual of those nearest."""
    fitted = float(curve.predict(np.array([budget]))[0])
    if budget > tokens.max():
        return fitted
    nearest = np.argsort(np.abs(tokens - budget), kind="stable")[: max(len(tokens) // NEAREST, 1)]
    return fitted + float((values[nearest] - curve.predict(tokens[nearest])).mean())


def _away_from_zero(exponents: np.ndarray) -> np.ndarray:
    return np.where(np.abs(exponents) < LEAST_EXPONENT, LEAST_EXPONENT, exponents)
