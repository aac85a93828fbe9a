"""Quadratic mixing: a Scheffe polynomial of the objective, from runs that identify it.

MoDoMoDo (Liang et al. 2025, arXiv 2505.24871, section 4; see `laws/quadratic.py`). Design: each domain alone, all but
one of them, all together, and a cycle of halves of two: the paper's seed runs alone leave pair terms undetermined.
Rank and condition number of the design matrix are in the evidence. Deviations: the law is of the objective and not of
a score, so lower is better; seed runs are brought under the constraints; the optimum by descent under the bounds. For
few domains: k (k + 1) / 2 coefficients. Natural below four trials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.candidates import designed
from mixpipe.search.laws.quadratic import cycle_pairs, fit_quadratic, seed_mixtures
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable

__all__ = ["Quadratic"]


@dataclass(frozen=True)
class Quadratic:
    """One-shot quadratic regression."""

    about: ClassVar[About] = About(
        "one shot", "k (k + 1) / 2 or more in one round", "Liang et al. 2025, arXiv 2505.24871", "proxies"
    )

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new mixtures of the design, then random ones; what was measured does not matter."""
        k = len(problem.domains)
        rows = np.vstack([seed_mixtures(k), cycle_pairs(k)]) if k > 1 else np.ones((1, 1))
        return designed(problem, rows, count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the best quadratic objective; natural without enough trials."""
        good = usable(trials)
        if not enough(good):
            return natural_instead(problem, trials, "the law needs 4 mixtures")
        x, y = mixtures(good, len(problem.domains)), losses(good, problem.targets)
        objective = problem.fit_objective(y)
        law = fit_quadratic(x, -objective.value(y))
        condition = law.condition if np.isfinite(law.condition) else None
        return recommend_least(
            problem,
            trials,
            lambda rows: -law.predict(rows),
            law.optimum(np.random.default_rng(0))[None] if len(problem.domains) > 1 else np.ones((1, 1)),
            {"rank": law.rank, "coefficients": len(law.linear) * (len(law.linear) + 1) // 2, "condition": condition},
        )
