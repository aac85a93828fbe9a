"""Mixing law over hidden domains: loss_i = sum_h s_ih (c_h + k_h exp(t_h . r)), s_i a softmax, all learned together.

Ye et al. 2024 (Data mixing laws, arXiv 2403.16952, section 3.3), for validation sets of unknown composition; here any
number of them share the hidden domains. Deviations: one fit, the best of several starts by L-BFGS with a Huber loss
and a pull of t towards 0, where the paper boosts (AdaBoost) 30 small networks trained by AdamW and keeps the best of
16 seeds. For a single target s and c are redundant, and the law is a constant plus K exponentials.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import minimise_mixture, simplex_starts

__all__ = ["ImplicitLaw", "fit_implicit"]

HUBER = 0.03
# Of the sum of squared effects, against the sum of Huber losses in squared units of the losses.
SHRINKAGE = 1e-7
STARTS, FINALISTS = 24, 6  # of 12 and 3 rounding decides which valley is found: errors of .0057 or .0003 on one table
FIRST_STEPS, LAST_STEPS = 150, 3000
LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, eq=False)
class ImplicitLaw:
    """Coefficients for m targets, K hidden domains and k domains.

    Attributes:
        compositions: (m, K) s, rows that sum to 1.
        floors: (K,) c, in units of the losses.
        effects: (K, k) t with log k added to every entry.
    """

    compositions: np.ndarray
    floors: np.ndarray
    effects: np.ndarray

    def predict(self, mixtures: np.ndarray) -> np.ndarray:
        """Return the losses (n, m) of (n, k) mixtures."""
        return np.asarray((self.floors + _exp(mixtures @ self.effects.T)) @ self.compositions.T)

    def optimum(self, weights: np.ndarray) -> np.ndarray:
        """Return the mixture (k,) of the least sum of losses under target weights (m,) >= 0; the sum is convex."""
        shares = weights @ self.compositions

        def value(mixture: np.ndarray) -> float:
            return float(shares @ _exp(self.effects @ mixture))

        def slope(mixture: np.ndarray) -> np.ndarray:
            return np.asarray((shares * _exp(self.effects @ mixture)) @ self.effects)

        return minimise_mixture(value, slope, simplex_starts(self.effects.shape[1]))


def fit_implicit(
    mixtures: np.ndarray,
    losses: np.ndarray,
    hidden: int,
    rng: np.random.Generator,
    *,
    delta: float = HUBER,
    shrinkage: float = SHRINKAGE,
    steps: int = LAST_STEPS,
) -> ImplicitLaw:
    """Fit (n, k) mixtures to losses (n, m) with `hidden` domains; more of them than mixtures are shrunk, not refused.

    Raises:
        InputError: there is no hidden domain, or fewer than two mixtures.
    """
    if hidden < 1 or len(mixtures) < 2:
        raise InputError(
            f"the implicit law needs a hidden domain and two mixtures, found {hidden} and {len(mixtures)} mixtures"
        )

    # mypy finds no overload for a function that returns its gradient too
    cost: Any = partial(_cost, mixtures=mixtures, losses=losses, hidden=hidden, delta=delta, shrinkage=shrinkage)

    def run(start: np.ndarray, steps: int) -> tuple[float, np.ndarray]:
        options: Any = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-14, "gtol": 1e-10, "maxcor": 30}
        fit = minimize(cost, start, jac=True, method="L-BFGS-B", options=options)
        return float(fit.fun), np.asarray(fit.x)

    heats = [run(_start(mixtures, losses, hidden, rng), FIRST_STEPS) for _ in range(STARTS)]
    finals = [run(x, steps) for _, x in sorted(heats, key=lambda heat: heat[0])[:FINALISTS]]
    logits, floors, effects = _split(min(finals, key=lambda final: final[0])[1], losses.shape[1], hidden)
    return ImplicitLaw(softmax(logits, axis=1), floors, effects)


def _exp(exponents: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(np.minimum(exponents, LARGEST_EXPONENT)))


def _start(mixtures: np.ndarray, losses: np.ndarray, hidden: int, rng: np.random.Generator) -> np.ndarray:
    spread = max(float(np.ptp(losses)), 1e-6)
    effects = np.log(spread) + rng.normal(0, 3, (hidden, mixtures.shape[1]))
    floors = rng.uniform(losses.min() - spread, losses.max(), hidden)
    return np.concatenate([rng.normal(0, 1, losses.shape[1] * hidden), floors, effects.ravel()])


def _split(parameters: np.ndarray, targets: int, hidden: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    logits, floors, effects = np.split(parameters, [targets * hidden, (targets + 1) * hidden])
    return logits.reshape(targets, hidden), floors, effects.reshape(hidden, -1)


def _cost(
    parameters: np.ndarray, mixtures: np.ndarray, losses: np.ndarray, hidden: int, delta: float, shrinkage: float
) -> tuple[float, np.ndarray]:
    """Return the penalised sum of Huber losses and its gradient."""
    logits, floors, effects = _split(parameters, losses.shape[1], hidden)
    compositions, curves = softmax(logits, axis=1), _exp(mixtures @ effects.T)
    parts = floors + curves  # (n, K)
    residuals = parts @ compositions.T - losses
    sizes, bent = np.abs(residuals), np.clip(residuals, -delta, delta)
    tilts = effects - effects.mean(axis=1, keepdims=True)
    cost = float((np.abs(bent) * (sizes - 0.5 * np.abs(bent))).sum() + 0.5 * shrinkage * (tilts**2).sum())
    by_composition = bent.T @ parts
    by_logit = compositions * (by_composition - (by_composition * compositions).sum(axis=1, keepdims=True))
    by_part = bent @ compositions
    by_effect = (by_part * curves).T @ mixtures + shrinkage * tilts
    return cost, np.concatenate([by_logit.ravel(), by_part.sum(axis=0), by_effect.ravel()])
