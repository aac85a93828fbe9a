"""RegMix: one round of random mixtures, one regression, the mean of the mixtures that it likes best.

Liu et al. 2024 (RegMix, arXiv 2407.01492, section 3 and released code): draws refuse a share above 15 times the
natural one; LightGBM per target; draws around the prior are scored and the best 100 averaged. Deviations: all targets
are predicted and weighted, not one; 60 trees at a rate of .15 for 1,000 at .01, and no early stopping (the notebook
stops by the test rows); 20,000 draws are scored at the end, by the first round's sampler and under its caps, where the
notebook has 100,000 plain Dirichlet ones and the paper a million; constraints are projected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.dirichlet import Draws, tempered_dirichlet
from mixpipe.search.candidates import new_draws
from mixpipe.search.forecast import forecast
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial, tried

__all__ = ["RegMix"]

MAXIMUM_USAGE = 15
TOP = 100


@dataclass(frozen=True)
class RegMix:
    """One-shot regression.

    Attributes:
        surrogate: registered name.
        candidates: mixtures scored at the end; the paper's notebook has 100,000.
    """

    about: ClassVar[About] = About("one shot", "512 in one round", "Liu et al. 2024, arXiv 2407.01492", "proxies")
    surrogate: str = "lightgbm"
    candidates: int = 20_000

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new draws around the natural mixture; what was measured does not matter."""
        return new_draws(lambda n: self._settled(problem, n, rng), count, tried(trials))

    def drawn(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> Draws:
        """Return the draws that `propose` makes first under an equal generator."""
        return tempered_dirichlet(problem.natural, count, rng, caps=np.minimum(1, MAXIMUM_USAGE * problem.natural))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mean of the draws predicted best; natural without enough trials."""
        if not enough(trials):
            return natural_instead(problem, trials, "the regression needs 4 mixtures")
        fitted = forecast(replace(problem, prior=None), trials, self.surrogate)
        free = replace(problem, constraints=Constraints.free(len(problem.domains)))
        draws = self.drawn(problem, trials, self.candidates, np.random.default_rng(0))
        pools = (kind.constraints.settle(draws.mixtures) for kind in (problem, free))
        found = select(problem, fitted, *pools, choose="top-mean", top=TOP)
        return replace(found, evidence={**found.evidence, "draws": draws.record()})

    def _settled(self, problem: Problem, count: int, rng: np.random.Generator) -> np.ndarray:
        return problem.constraints.settle(self.drawn(problem, [], count, rng).mixtures)
