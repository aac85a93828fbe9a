"""Effective data: what the other domains' tokens are worth to one, in fine-tuning.

Li et al. 2025 (Data mixing optimization for supervised fine-tuning, arXiv 2508.11953, section 3). With N tokens in
all and N_i of domain i, D_i = N_i + k_i (N - N_i)^alpha_i and loss_i = C_i D_i^-beta_i + E_i; the best mixture has
the least sum. Designed for 4 k + 1 runs: a centre, and each domain's tokens alone times 1/3, 1/2, 2 and 3.
Deviation: every loss is fitted on all runs. In the paper it is fitted on those where its own domain varies; there the
others' tokens are constant, so k_i and alpha_i cannot be told apart. Tokens may be in any unit, the same throughout.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from mixpipe.errors import InputError
from mixpipe.search.laws.descent import huber_fit, need_trials, simplex_starts

__all__ = ["EffectiveDataLaw", "fit_effective_data", "perturbations"]

HUBER = 1e-3
FACTORS = (1 / 3, 1 / 2, 2.0, 3.0)
TRANSFERS, POWERS, DECAYS = (0.05, 0.4), (0.7,), (0.1, 0.3, 0.6)
LARGEST_DECAY = 3.0
# The valley is flat: steps below this trade a coefficient for another and leave the losses as they are.
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class EffectiveDataLaw:
    """Coefficients for k domains, each (k,): C and E in units of the losses, k, alpha in [0, 1], beta > 0."""

    scales: np.ndarray
    transfers: np.ndarray
    powers: np.ndarray
    decays: np.ndarray
    floors: np.ndarray

    def effective(self, tokens: np.ndarray) -> np.ndarray:
        """Return the own tokens (n, k) that tokens (n, k) of all domains are worth to each."""
        others = np.maximum(tokens.sum(axis=-1, keepdims=True) - tokens, 0)
        # The others' tokens are never worth more than own ones.
        return np.asarray(tokens + np.minimum(self.transfers * others**self.powers, others))

    def predict(self, tokens: np.ndarray) -> np.ndarray:
        """Return the losses (n, k) after tokens (n, k)."""
        return np.asarray(self.scales * np.maximum(self.effective(tokens), 1e-12) ** -self.decays + self.floors)

    def optimum(self, budget: float) -> np.ndarray:
        """Return the mixture (k,) of the least sum of losses at a budget in the units of the fit.

        Raises:
            InputError: the budget is not positive.
        """
        if budget <= 0:
            raise InputError(f"expected a budget > 0, found {budget}")

        def value(mixture: np.ndarray) -> float:
            return float(self.predict(budget * np.clip(mixture, 0, 1)[None]).sum())

        k = len(self.scales)
        sums_to_one: Any = {"type": "eq", "fun": lambda mixture: mixture.sum() - 1, "jac": lambda mixture: np.ones(k)}
        ends = [
            minimize(
                value,
                start,
                method="SLSQP",
                bounds=[(0.0, 1.0)] * k,
                constraints=[sums_to_one],
                options={"ftol": 1e-13, "maxiter": 500},
            ).x
            for start in simplex_starts(k)
        ]
        mixtures = [np.clip(end, 0, 1) / np.clip(end, 0, 1).sum() for end in ends]
        return np.asarray(min(mixtures, key=value))


def perturbations(centre: np.ndarray) -> np.ndarray:
    """Return the tokens (4 k + 1, k) of the design: the centre (k,), then one domain at a time times its factors."""
    rows = [centre]
    for domain in range(len(centre)):
        for factor in FACTORS:
            rows.append(np.where(np.arange(len(centre)) == domain, factor * centre, centre))
    return np.array(rows, dtype=np.float64)


def fit_effective_data(tokens: np.ndarray, losses: np.ndarray, *, delta: float = HUBER) -> EffectiveDataLaw:
    """Fit tokens (n, k) to losses (n, k) on the domains themselves.

    Raises:
        InputError: there are fewer runs than coefficients, five, or a run without a domain's tokens.
    """
    need_trials(len(tokens), 5, "effective data")
    if not (tokens > 0).all():
        raise InputError(f"expected tokens > 0 of every domain in every run, found {tokens.min()}")
    fits = [
        _fit_domain(tokens[:, i], tokens.sum(axis=1) - tokens[:, i], losses[:, i], delta)
        for i in range(tokens.shape[1])
    ]
    return EffectiveDataLaw(*np.array(fits).T)


def _fit_domain(own: np.ndarray, others: np.ndarray, losses: np.ndarray, delta: float) -> np.ndarray:
    """Return (5,): C, k, alpha, beta and E.

    Fitted is the worth of the others' tokens as a share of theirs, at their geometric mean: between 0 and 1, as the
    paper constrains it, and independent of alpha.
    """
    unit, centre = float(np.exp(np.log(own).mean())), float(np.exp(np.log(others).mean()))

    def effective(share: float, power: float) -> np.ndarray:
        return np.asarray((own + np.minimum(share * centre * (others / centre) ** power, others)) / unit)

    def residuals(free: np.ndarray) -> np.ndarray:
        scale, share, power, decay, floor = free
        return np.asarray(scale * effective(share, power) ** -decay + floor - losses)

    def slopes(free: np.ndarray) -> np.ndarray:
        scale, share, power, decay, _ = free
        worth = effective(share, power)
        curve = worth**-decay
        gained = centre * (others / centre) ** power / unit * (share * centre * (others / centre) ** power < others)
        by_worth = -decay * scale * curve / worth
        return np.column_stack(
            [
                curve,
                by_worth * gained,
                by_worth * share * gained * np.log(others / centre),
                -scale * curve * np.log(worth),
                np.ones(len(own)),
            ]
        )

    starts = []
    for share in TRANSFERS:
        for power in POWERS:
            for decay in DECAYS:
                curve = effective(share, power) ** -decay
                scale, floor = np.linalg.lstsq(np.column_stack([curve, np.ones(len(own))]), losses, rcond=None)[0]
                starts.append([max(scale, 1e-6), share, power, decay, floor])
    bounds = (np.array([1e-9, 0, 0, 1e-3, -np.inf]), np.array([np.inf, 1, 1, LARGEST_DECAY, np.inf]))
    scale, share, power, decay, floor = huber_fit(
        residuals, np.array(starts), delta=delta, slopes=slopes, bounds=bounds, tolerance=TOLERANCE
    )
    return np.array([scale * unit**decay, share * centre ** (1 - power), power, decay, floor])
