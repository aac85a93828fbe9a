"""BiMix law, loss_i = (A_i / r_i^alpha_i) (B_i / s^beta_i + C_i): a domain's own share and the budget, and no more.

Ge et al. 2024 (BiMix, arXiv 2405.14908, section 3), s in steps or tokens. A domain does not help another, so its
coefficients follow from as few as two mixtures measured at many budgets, and the best mixture is closed but for one
multiplier, found by bisection. A factor of A may be moved to B and C: here A is 1 and four numbers are free, not
five. A share of 0 has no loss under the law: shares are at least 1e-4, as in the paper. Deviation: a Huber loss, where
the paper takes squares.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit, need_trials

__all__ = ["BimixLaw", "fit_bimix"]

LEAST_SHARE = 1e-4
HUBER = 0.02
ALPHAS, BETAS = (0.01, 0.1, 0.4), (0.1, 0.3, 0.7)
LARGEST_EXPONENT = 3.0


@dataclass(frozen=True, eq=False)
class BimixLaw:
    """Coefficients for k domains, each (k,): A, B, C in units that multiply to losses; alpha and beta > 0."""

    scales: np.ndarray
    falls: np.ndarray
    floors: np.ndarray
    share_exponents: np.ndarray
    budget_exponents: np.ndarray

    def predict(self, mixtures: np.ndarray, budget: float) -> np.ndarray:
        """Return the losses (n, k) of (n, k) mixtures at a budget in the units of the fit."""
        return np.asarray(self._levels(budget) * np.maximum(mixtures, LEAST_SHARE) ** -self.share_exponents)

    def optimum(self, weights: np.ndarray, budget: float) -> np.ndarray:
        """Return the mixture (k,) of the least sum of losses under domain weights (k,) >= 0 at a budget.

        Raises:
            InputError: no domain counts.
        """
        gains = weights * self.share_exponents * self._levels(budget)
        if not (gains >= 0).all() or not (gains > 0).any():
            raise InputError(f"expected domain weights >= 0 and one above 0, found {weights.tolist()}")

        def shares(log_multiplier: float) -> np.ndarray:
            return np.asarray((gains * np.exp(-log_multiplier)) ** (1 / (1 + self.share_exponents)))

        # At the largest gain no share exceeds 1 but one reaches it; at e k^(1 + alpha) times that gain, alpha being the
        # largest, every share is below 1 / k.
        top = float(np.log(gains.max())) - 1e-9  # rounding must not take the sum below 1 there
        reach = (1 + float(self.share_exponents.max())) * np.log(len(gains)) + 1
        found = brentq(lambda log: float(shares(log).sum()) - 1, top, top + reach, xtol=1e-14)
        mixture = shares(float(found))
        return np.asarray(mixture / mixture.sum())

    def _levels(self, budget: float) -> np.ndarray:
        return np.asarray(self.scales * (self.falls / budget**self.budget_exponents + self.floors))


def fit_bimix(mixtures: np.ndarray, budgets: np.ndarray, losses: np.ndarray, *, delta: float = HUBER) -> BimixLaw:
    """Fit losses (n, s, k) of (n, k) mixtures at budgets (s,) on the domains themselves.

    Raises:
        InputError: there are fewer than two mixtures or four measurements.
    """
    need_trials(losses.shape[0] * losses.shape[1], 4, "BiMix")
    k = mixtures.shape[1]
    if any(len(np.unique(mixtures[:, i])) < 2 for i in range(k)) or len(np.unique(budgets)) < 3:
        raise InputError(
            f"the BiMix law needs two shares of every domain and three budgets, found {len(mixtures)} mixtures "
            f"and {len(np.unique(budgets))} budgets"
        )
    fits = np.array([_fit_domain(mixtures[:, i], budgets, losses[:, :, i], delta) for i in range(k)])
    fall, floor, alpha, beta = fits.T
    return BimixLaw(np.ones(k), fall, floor, alpha, beta)


def _fit_domain(shares: np.ndarray, budgets: np.ndarray, losses: np.ndarray, delta: float) -> np.ndarray:
    """Return (4,): B, C, alpha and beta; the budgets are fitted relative to their mean logarithm."""
    log_shares = np.log(np.maximum(shares, LEAST_SHARE))[:, None]
    centre = float(np.log(budgets).mean())
    log_budgets = np.log(budgets) - centre

    def residuals(parameters: np.ndarray) -> np.ndarray:
        fall, floor, alpha, beta = parameters
        return np.ravel(np.exp(-alpha * log_shares) * (fall * np.exp(-beta * log_budgets) + floor) - losses)

    starts = []
    for alpha in ALPHAS:
        for beta in BETAS:
            factor = np.exp(-alpha * log_shares) * np.ones_like(losses)
            columns = np.column_stack([(factor * np.exp(-beta * log_budgets)).ravel(), factor.ravel()])
            starts.append([*np.linalg.lstsq(columns, losses.ravel(), rcond=None)[0], alpha, beta])
    bounds = (np.full(4, 1e-9), np.array([np.inf, np.inf, LARGEST_EXPONENT, LARGEST_EXPONENT]))
    fall, floor, alpha, beta = huber_fit(residuals, np.array(starts), delta=delta, bounds=bounds)
    return np.array([fall * np.exp(beta * centre), floor, alpha, beta])
