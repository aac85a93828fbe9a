"""What the laws share: Huber fits from several starts, and descent on the simplex.

Huber fits run scipy's trust-region least squares, which needs no learning rate where the papers use L-BFGS.
Descent is exponentiated gradient (mirror descent, as in Shukor et al. 2025, arXiv 2507.09404) with a step that grows
while it helps and is halved while it does not; a mixture stays positive and sums to 1 without projections.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares

from mixpipe.errors import InputError

__all__ = ["huber_fit", "minimise_mixture", "need_trials", "simplex_starts"]

STEPS = 5000
# The mean slope above the least one, relative to the largest difference of slopes: no share can gain more than this.
GAP = 1e-9
TOLERANCE = 1e-10
FIRST_EVALUATIONS, LAST_EVALUATIONS = 25, 300
FINALISTS = 3


def need_trials(trials: int, parameters: int, law: str) -> None:
    """Refuse a fit with more parameters than measurements.

    Raises:
        InputError: there are fewer trials than parameters.
    """
    if trials < parameters:
        raise InputError(
            f"the {law} law has {parameters} parameters per target, found {trials} measurements; measure more mixtures"
        )


def huber_fit(
    residuals: Callable[[np.ndarray], np.ndarray],
    starts: np.ndarray,
    *,
    delta: float,
    slopes: Callable[[np.ndarray], np.ndarray] | None = None,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
    tolerance: float = TOLERANCE,
    evaluations: int = LAST_EVALUATIONS,
) -> np.ndarray:
    """Return the parameters (p,) of the least Huber loss that is reached from the starts.

    Every start gets a few steps, the best of them go to the end.

    Args:
        residuals: from (p,) to (n,).
        starts: (s, p), moved into the bounds.
        delta: size of a residual from which on it counts linearly, in units of the residuals.
        slopes: from (p,) to the Jacobian (n, p); by finite differences when None.
        bounds: lower and upper, (p,) each.
        tolerance: relative gain of a step, in the loss or in the parameters, that ends the fit.
        evaluations: of the residuals, after which the fit ends in any case.
    """
    lower, upper = bounds if bounds is not None else (-np.inf, np.inf)

    def run(start: np.ndarray, most: int) -> tuple[float, np.ndarray]:
        fit = least_squares(
            residuals,
            np.clip(start, lower, upper),
            slopes if slopes is not None else "3-point",
            bounds=(lower, upper),
            loss="huber",
            f_scale=delta,
            x_scale="jac",
            ftol=tolerance,
            xtol=tolerance,
            gtol=tolerance,
            max_nfev=most,
        )
        return float(fit.cost), np.asarray(fit.x)

    heats = [run(start, FIRST_EVALUATIONS) for start in starts]
    order = np.argsort([cost for cost, _ in heats], kind="stable")[:FINALISTS]
    finals = [run(heats[i][1], evaluations) for i in order]
    return min(finals, key=lambda final: final[0])[1]


def simplex_starts(domains: int) -> np.ndarray:
    """Return (1 + domains, domains) mixtures: uniform, and one that leans to each domain."""
    leaning = 0.8 * np.eye(domains) + 0.2 / domains
    return np.vstack([np.full(domains, 1 / domains), leaning])


def minimise_mixture(
    value: Callable[[np.ndarray], float],
    slope: Callable[[np.ndarray], np.ndarray],
    starts: np.ndarray,
    *,
    floor: float = 0.0,
) -> np.ndarray:
    """Return the mixture (k,) of the least value that descent reaches from the starts (s, k).

    No share falls below `floor`, which keeps the slopes of powers finite.
    """
    ends = [_descend(value, slope, start, floor) for start in starts]
    return ends[int(np.argmin([value(end) for end in ends]))]


def _descend(
    value: Callable[[np.ndarray], float], slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray, floor: float
) -> np.ndarray:
    mixture, lowest, rate = start, value(start), 1.0
    for _ in range(STEPS):
        gradient = slope(mixture)
        spread = np.ptp(gradient)
        above = gradient - gradient.min()
        gain = float(mixture @ above)
        if gain <= GAP * spread:
            break
        while rate > 1e-12:
            # In units of the spread of slopes a rate means the same for every law.
            moved = mixture * np.exp(-np.minimum(rate * above / spread, 600.0))
            moved = floor + (1 - floor * len(mixture)) * moved / moved.sum()
            reached = value(moved)
            if reached < lowest:
                break
            rate /= 2
        else:
            break
        mixture, lowest, rate = moved, reached, min(2 * rate, 1e6)
    return mixture
