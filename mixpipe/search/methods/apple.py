"""Scaling laws of mixtures: losses from parameters, tokens and mixture, and the best mixture at the tokens of the run.

Shukor et al. 2025 (Scaling laws for optimal data mixtures, arXiv 2507.09404, sections 3 and 4; see `laws/apple.py`).
Design: a grid on the simplex with a least share, .1 in the paper, for at most five domains. Rows of the fit are the
trials and all their checkpoints, tokens as D and the proxy's parameters as N. Variant `additive`: the best mixture is
the same at all sizes. Variant `joint`: it depends on them. Targets are weighted by their spread; mirror descent on the
law is followed by a descent under the constraints. At a single N (or D) its term is a constant that E cannot be told
from: the law is then asked at that N (or D), which drops the term from the comparison of mixtures. With several D the
law is asked at the budget, with several N at the largest, for a problem does not name the size of its model.
Deviations: the least share shrinks to half of an equal one from six domains on; the joint law needs 5 + 4 k rows and
the additive 5 + 2 k, below which the simpler one and then natural is returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from mixpipe.search.candidates import designed
from mixpipe.search.laws.apple import AppleLaw, best_mixture, fit_additive, fit_joint
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough
from mixpipe.search.trials import Trial, losses, tried, usable

__all__ = ["ScalingLaw"]

LEAST_SHARE, GRID = 0.1, 5  # of a domain in the design; steps that the rest is divided into
PICKS = 8
EVALUATIONS = 40  # of a fit: mixtures are told apart long before the law has settled


@dataclass(frozen=True)
class ScalingLaw:
    """One-shot regression on mixture, size and tokens.

    Attributes:
        variant: `additive` or `joint`.
    """

    about: ClassVar[About] = About(
        "one shot",
        "10 to 20 in one round",
        "Shukor et al. 2025, arXiv 2507.09404",
        "proxies; checkpoints to extend them",
        ("additive", "joint"),
    )
    variant: Literal["additive", "joint"] = "additive"

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new mixtures of the grid; what was measured does not matter."""
        return designed(problem, _grid(len(problem.domains), PICKS * count, rng), count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the least weighted sum of the laws; natural with too few rows."""
        good, k = usable(trials), len(problem.domains)
        rows = _rows(good, problem)
        if not enough(good) or len(rows.losses) < 5 + 2 * k:
            return natural_instead(problem, trials, f"the law needs 4 mixtures and {5 + 2 * k} losses")
        variant = self.variant if len(rows.losses) >= 5 + 4 * k else "additive"
        laws = [_fit(rows, target, variant) for target in range(len(problem.targets))]
        last = losses(good, problem.targets)
        objective = problem.fit_objective(last)
        size = float(rows.parameters.max())
        tokens = problem.budget_tokens if len(np.unique(rows.tokens)) > 1 else float(rows.tokens[0])
        optimum = best_mixture(laws, objective.weights / objective.scale, size, tokens)
        return recommend_least(
            problem,
            trials,
            lambda mixtures: objective.value(_predict(laws, mixtures, size, tokens)),
            optimum[None],
            {"variant": variant, "rows": len(rows.losses), "parameters": size, "tokens": tokens},
        )


class _Rows(NamedTuple):
    """(n, k) mixtures, (n,) parameters, (n,) tokens, (n, m) losses."""

    mixtures: np.ndarray
    parameters: np.ndarray
    tokens: np.ndarray
    losses: np.ndarray


def _rows(trials: Sequence[Trial], problem: Problem) -> _Rows:
    """Return a row for every trial and for every checkpoint with finite losses."""
    found = []
    for trial in trials:
        points = {point.tokens: point.target_losses for point in trial.trajectory} | {trial.tokens: trial.target_losses}
        for tokens, named in sorted(points.items()):
            measured = [named.get(target, np.nan) for target in problem.targets]
            if tokens > 0 and np.isfinite(measured).all():
                found.append((trial.mixture, max(trial.model_size, 1), tokens, measured))
    return _Rows(*(np.array([row[column] for row in found], dtype=np.float64) for column in range(4)))


def _fit(rows: _Rows, target: int, variant: str) -> AppleLaw:
    fit = fit_joint if variant == "joint" else fit_additive
    rng = np.random.default_rng(0)
    return fit(rows.mixtures, rows.parameters, rows.tokens, rows.losses[:, target], rng, evaluations=EVALUATIONS)


def _predict(laws: Sequence[AppleLaw], mixtures: np.ndarray, parameters: float, tokens: float) -> np.ndarray:
    """Return the losses (q, m) of (q, k) mixtures at one size and budget."""
    sizes, budgets = np.full(len(mixtures), parameters), np.full(len(mixtures), tokens)
    return np.column_stack([law.predict(mixtures, sizes, budgets) for law in laws])


def _grid(domains: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, domains) random points of the grid of mixtures that have a least share of every domain."""
    least = min(LEAST_SHARE, 0.5 / domains)
    # Bars among stars: every point of the grid is as likely.
    bars = np.sort(rng.random((count, GRID + domains - 1)).argsort(axis=1)[:, : domains - 1], axis=1)
    edges = np.hstack([np.full((count, 1), -1), bars, np.full((count, 1), GRID + domains - 1)])
    return np.asarray(least + (1 - domains * least) * (np.diff(edges, axis=1) - 1) / GRID)
