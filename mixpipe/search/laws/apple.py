"""Additive and joint laws: one target's loss from parameters N, tokens D and mixture h.

Shukor et al. 2025 (Scaling laws for optimal data mixtures, arXiv 2507.09404, section 3):

    additive: loss = E + 1 / sum_i C_i h_i^gamma_i + A / N^alpha + B / D^beta           5 + 2 k numbers
    joint:    the same with A = (sum_i A_i h_i)^a and B = (sum_i B_i h_i)^b             5 + 4 k numbers

The best mixture of the additive law is the same at every N and D. Fresh data is assumed: nothing here knows of
repetition. Fitted with a Huber loss from several seeded starts, positive numbers as logarithms, where the paper hops
basins; the joint law starts from the additive fit. N and D are counted in the geometric means of the fit, which
changes the coefficients and not the law. At one N (or D) its term cannot be told from E: predict there only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import LAST_EVALUATIONS, huber_fit, minimise_mixture, need_trials, simplex_starts

__all__ = ["AppleLaw", "best_mixture", "fit_additive", "fit_joint"]

HUBER = 1e-3
LEAST_SHARE = 1e-6
STARTS = 12
# Logarithms of coefficients are kept within this, so that no start runs off where a term has no influence.
LARGEST_LOG = 12.0
EXPONENTS, LARGEST_BEND = (0.01, 3.0), 5.0


@dataclass(frozen=True, eq=False)
class AppleLaw:
    """Coefficients for one target and k domains.

    Attributes:
        floor: E, in units of the loss.
        gains: (k,) C.
        powers: (k,) gamma.
        sizes: (k,) A_i for every domain; all equal in the additive law.
        tokens: (k,) B_i likewise.
        exponents: (4,) alpha, beta, a and b.
        units: (2,) what N and D are counted in.
    """

    floor: float
    gains: np.ndarray
    powers: np.ndarray
    sizes: np.ndarray
    tokens: np.ndarray
    exponents: np.ndarray
    units: np.ndarray

    def predict(self, mixtures: np.ndarray, parameters: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Return the losses (n,) of mixtures (n, k), models of (n,) parameters and (n,) tokens."""
        alpha, beta, a, b = self.exponents
        shares = np.maximum(mixtures, LEAST_SHARE)
        by_size = (mixtures @ self.sizes) ** a * (parameters / self.units[0]) ** -alpha
        by_tokens = (mixtures @ self.tokens) ** b * (tokens / self.units[1]) ** -beta
        return np.asarray(self.floor + 1 / (shares**self.powers @ self.gains) + by_size + by_tokens)

    def slope(self, mixture: np.ndarray, parameters: float, tokens: float) -> np.ndarray:
        """Return the derivatives (k,) of the loss by the shares (k,), those below 1e-6 counted as that."""
        alpha, beta, a, b = self.exponents
        shares = np.maximum(mixture, LEAST_SHARE)
        help_given = self.gains @ shares**self.powers
        by_mixture = -self.gains * self.powers * shares ** (self.powers - 1) / help_given**2
        by_size = a * (mixture @ self.sizes) ** (a - 1) * self.sizes * (parameters / self.units[0]) ** -alpha
        by_tokens = b * (mixture @ self.tokens) ** (b - 1) * self.tokens * (tokens / self.units[1]) ** -beta
        return np.asarray(by_mixture + by_size + by_tokens)


def best_mixture(laws: Sequence[AppleLaw], weights: np.ndarray, parameters: float, tokens: float) -> np.ndarray:
    """Return the mixture (k,) of the least sum of the targets' losses, weighted, for a model and a budget."""
    sizes, budgets = np.array([parameters]), np.array([tokens])

    def value(mixture: np.ndarray) -> float:
        losses = [law.predict(mixture[None], sizes, budgets)[0] for law in laws]
        return float(weights @ np.array(losses))

    def slope(mixture: np.ndarray) -> np.ndarray:
        return np.asarray(weights @ np.stack([law.slope(mixture, parameters, tokens) for law in laws]))

    return minimise_mixture(value, slope, simplex_starts(len(laws[0].gains)), floor=LEAST_SHARE)


def fit_additive(
    mixtures: np.ndarray,
    parameters: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    rng: np.random.Generator,
    *,
    evaluations: int = LAST_EVALUATIONS,
) -> AppleLaw:
    """Fit one target's losses (n,) of mixtures (n, k) at (n,) parameters and (n,) tokens.

    Args:
        mixtures: shares.
        parameters: of the models.
        tokens: of their training.
        losses: in any unit.
        rng: of the starts.
        evaluations: of the law, after which a fit ends in any case.

    Raises:
        InputError: there are fewer losses than coefficients, or a size that is not positive.
    """
    k = mixtures.shape[1]
    need_trials(len(losses), 5 + 2 * k, "additive")
    if not (parameters > 0).all() or not (tokens > 0).all():
        raise InputError(f"expected sizes > 0, found {parameters.min()} parameters and {tokens.min()} tokens")
    spread = max(float(np.ptp(losses)), 1e-3)
    starts = []
    for _ in range(STARTS):
        floor, terms = losses.min() - spread * rng.uniform(0, 2), np.log(spread) + rng.normal(-1, 1, 2)
        exponents = np.log(rng.uniform(0.1, 0.7, 2))
        gains, powers = rng.normal(0, 1, k) - np.log(spread), np.log(rng.uniform(0.1, 1.0, k))
        starts.append(np.concatenate([[floor], exponents, gains, powers, terms]))
    return _fit(mixtures, parameters, tokens, losses, np.array(starts), evaluations)


def fit_joint(
    mixtures: np.ndarray,
    parameters: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    rng: np.random.Generator,
    *,
    evaluations: int = LAST_EVALUATIONS,
) -> AppleLaw:
    """Fit one target's losses (n,) as `fit_additive` does, with terms of N and D that depend on the mixture."""
    k = mixtures.shape[1]
    need_trials(len(losses), 5 + 4 * k, "joint")
    law = fit_additive(mixtures, parameters, tokens, losses, rng, evaluations=evaluations)
    shared = np.concatenate([[law.floor], np.log(law.exponents[:2]), np.log(law.gains), np.log(law.powers)])
    terms = np.log(np.concatenate([law.sizes, law.tokens]))
    starts = [
        np.concatenate([shared, sign * terms + rng.normal(0, width, 2 * k), [sign, sign]])
        for sign in (1.0, -1.0)
        for width in (0.0, 0.3, 1.0)
    ]
    return _fit(mixtures, parameters, tokens, losses, np.array(starts), evaluations)


def _law(free: np.ndarray, k: int, units: np.ndarray) -> AppleLaw:
    """Name the fitted numbers: E, alpha, beta, C, gamma, and then A, B or A_i, B_i, a, b."""
    alpha, beta = np.exp(free[1:3])
    gains, powers, terms = np.exp(free[3 : 3 + k]), np.exp(free[3 + k : 3 + 2 * k]), free[3 + 2 * k :]
    sizes, tokens, bends = (
        (np.full(k, np.exp(terms[0])), np.full(k, np.exp(terms[1])), np.ones(2))
        if len(terms) == 2
        else (np.exp(terms[:k]), np.exp(terms[k : 2 * k]), terms[2 * k :])
    )
    return AppleLaw(float(free[0]), gains, powers, sizes, tokens, np.array([alpha, beta, *bends]), units)


def _fit(
    mixtures: np.ndarray,
    parameters: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    starts: np.ndarray,
    evaluations: int,
) -> AppleLaw:
    k = mixtures.shape[1]
    units = np.exp([np.log(parameters).mean(), np.log(tokens).mean()])

    def residuals(free: np.ndarray) -> np.ndarray:
        return np.asarray(_law(free, k, units).predict(mixtures, parameters, tokens) - losses)

    def slopes(free: np.ndarray) -> np.ndarray:
        return _slopes(_law(free, k, units), mixtures, parameters, tokens, joint=len(free) > 5 + 2 * k)

    lower = np.full(starts.shape[1], -LARGEST_LOG)
    upper = np.full(starts.shape[1], LARGEST_LOG)
    lower[0], upper[0] = losses.min() - 10 * np.ptp(losses) - 1e-3, losses.max()
    for exponents in (slice(1, 3), slice(3 + k, 3 + 2 * k)):
        lower[exponents], upper[exponents] = np.log(EXPONENTS)
    if starts.shape[1] > 5 + 2 * k:
        lower[-2:], upper[-2:] = -LARGEST_BEND, LARGEST_BEND

    def fit(starts: np.ndarray, delta: float) -> np.ndarray:
        bounds = (lower, upper)
        return huber_fit(residuals, starts, delta=delta, slopes=slopes, bounds=bounds, evaluations=evaluations)

    # So small a delta makes every far start look alike: squares first.
    coarse = fit(starts, float(np.ptp(losses)) + HUBER)
    return _law(fit(coarse[None], HUBER), k, units)


def _slopes(
    law: AppleLaw, mixtures: np.ndarray, parameters: np.ndarray, tokens: np.ndarray, *, joint: bool
) -> np.ndarray:
    """Return the derivatives (n, p) of the losses by the fitted numbers, in the order of `_law`."""
    shares = np.maximum(mixtures, LEAST_SHARE)
    helps = law.gains * shares**law.powers
    by_gain = -helps / helps.sum(axis=1, keepdims=True) ** 2
    by_power = by_gain * law.powers * np.log(shares)
    by_exponent, by_terms, by_bend = [], [], []
    for term, (counts, coefficients) in enumerate([(parameters, law.sizes), (tokens, law.tokens)]):
        exponent, bend, unit = law.exponents[term], law.exponents[2 + term], law.units[term]
        sums = mixtures @ coefficients
        level = sums**bend * (counts / unit) ** -exponent
        by_exponent.append(-level * exponent * np.log(counts / unit))
        by_term = (level * bend / sums)[:, None] * mixtures * coefficients
        by_terms.append(by_term if joint else by_term.sum(axis=1))
        by_bend.append(level * np.log(sums))
    columns = [np.ones(len(mixtures)), *by_exponent, by_gain, by_power, *by_terms]
    return np.column_stack([*columns, *by_bend] if joint else columns)
