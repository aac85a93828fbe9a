"""MoDoMoDo's quadratic: a design of single domains, all but one and pairs, and the top of the surface through them.

Liang et al. 2025 (MoDoMoDo, arXiv 2505.24871, section 4; see `laws/quadratic.py` for the law, its form and its design).
The one score is the weighted mean over targets, in units of their spread. First come the designed mixtures, in order:
each domain alone, all but one, all, and pairs in a cycle, which complete the rank; more are drawn around the natural
one. The fit is a ridge; its rank, how much it would need and its condition number stand in the evidence. Deviations:
designed mixtures are brought under the constraints, which makes a capped domain less than alone; descent under the
bounds and not CMA-ES near the measured mixtures. Natural below four mixtures.
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
from mixpipe.store.fingerprint import Json

__all__ = ["Quadratic"]


@dataclass(frozen=True)
class Quadratic:
    """One-shot regression by a quadratic surface.

    Attributes:
        ridge: strength, of scores in units of their spread.
    """

    about: ClassVar[About] = About("one shot", "3 k + 1 in one round", "Liang et al. 2025, arXiv 2505.24871", "proxies")
    ridge: float = 0.01

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return what is left of the design, then draws around the natural mixture."""
        k = len(problem.domains)
        rows = np.vstack([seed_mixtures(k), cycle_pairs(k)]) if k > 1 else np.ones((1, 1))
        return designed(problem, rows, count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the top of the surface; natural without enough trials."""
        good, k = usable(trials), len(problem.domains)
        if not enough(good):
            return natural_instead(problem, trials, "the quadratic needs 4 mixtures")
        measured = losses(good, problem.targets)
        values = problem.fit_objective(measured).value(measured)
        law = fit_quadratic(mixtures(good, k), -values, ridge=self.ridge)
        evidence: dict[str, Json] = {
            "rank": law.rank,
            "coefficients": k * (k + 1) // 2,
            "condition": law.condition if np.isfinite(law.condition) else None,
        }
        optimum = law.optimum(np.random.default_rng(0))
        return recommend_least(problem, trials, lambda rows: -law.predict(rows), optimum[None], evidence)
