"""QuaDMix: which domains and how good, in one regression over random sampling curves.

Liu et al. 2025 (QuaDMix, arXiv 2504.16511, sections 3 and 4): every domain has a curve of copies by quality rank (see
`mixture/quality_curve.py`); parameters are drawn, each draw is a sample of documents on which a proxy is trained,
LightGBM learns losses, fresh draws are scored and the best 10 averaged. Here a draw is a mixture over the cells of
`search.strata`; with one stratum only the domains' shares are left. Deviations: quality is one column, and its weights
are not searched; the regression sees the cells' shares, of which the loss is a function, not the parameters; shares
and not parameters are averaged; 20,000 draws and not 100,000; constraints are projected. Variants: `wide` draws omega
from 0..1; `paper` from 0..0.1, which reads at most a fifth of a corpus and suits one many times its budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.quality_curve import draw_curves, mean_copies
from mixpipe.mixture.simplex import shares
from mixpipe.search.candidates import new_draws
from mixpipe.search.forecast import forecast
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial, tried

__all__ = ["QuaDMix"]

TOP = 10
MOST_REACH = {"wide": 1.0, "paper": 0.1}


@dataclass(frozen=True)
class QuaDMix:
    """One-shot regression over sampling curves.

    Attributes:
        variant: `wide` or `paper`: how far down the curves reach.
        surrogate: registered name.
        candidates: draws scored at the end; 100,000 in the paper.
    """

    about: ClassVar[About] = About(
        "one shot",
        "3,000 in one round",
        "Liu et al. 2025, arXiv 2504.16511",
        "proxies; search.strata",
        ("wide", "paper"),
    )
    variant: str = "wide"
    surrogate: str = "lightgbm"
    candidates: int = 20_000

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new draws of the prior; what was measured does not matter."""
        return new_draws(lambda n: problem.constraints.settle(self._drawn(problem, n, rng)), count, tried(trials))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mean of the draws predicted best; natural without enough trials."""
        if not enough(trials):
            return natural_instead(problem, trials, "the regression needs 4 mixtures")
        fitted = forecast(replace(problem, prior=None), trials, self.surrogate)
        draws = self._drawn(problem, self.candidates, np.random.default_rng(0))
        free = Constraints.free(len(problem.domains))
        pools = (constraints.settle(draws) for constraints in (problem.constraints, free))
        return select(problem, fitted, *pools, choose="top-mean", top=TOP)

    def _drawn(self, problem: Problem, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return (count, cells) shares of what the drawn curves read."""
        domains = len(problem.domains) // problem.strata
        curves = draw_curves(count, domains, rng, most_reach=MOST_REACH[self.variant])
        copies = np.array([mean_copies(curve, problem.strata).ravel() for curve in curves])
        return shares(copies * problem.available_tokens)
