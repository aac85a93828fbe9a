"""Bayesian optimisation: a Gaussian process of the objective and its expected improvement.

ADMIRE-BayesOpt (Chen et al. 2025, arXiv 2508.11551, section 3), single fidelity: start at random, choose by the
logarithm of expected improvement, recommend by the posterior mean. Deviations: an isotropic kernel on square-root
shares instead of Matern 5/2 with a length scale per domain, whose scales are collinear on the simplex; the process is
of all targets at once, under one kernel, and the objective follows from them; batches by local penalisation.

Variant `multi-fidelity`: earlier checkpoints of the runs are cheap fidelities in one process with their ends, see
`fidelities.py`. Deviation: the search decides how long a run is, so the fidelity is not chosen by what a unit of cost
teaches; checkpoints cost nothing and all are used. They are kept where `search.proxy.checkpoints` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.acquisition import batch_of, log_expected_improvement
from mixpipe.search.candidates import first_new, new_draws, prior_draws, variations
from mixpipe.search.fidelities import forecast_fidelities
from mixpipe.search.forecast import Forecast, forecast
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable

__all__ = ["Bayesian"]

CENTRES = 5
AVERAGED = 100


@dataclass(frozen=True)
class Bayesian:
    """Expected improvement under a process.

    Attributes:
        variant: `single` or `multi-fidelity`, which has a process of its own and no use for the surrogate.
        surrogate: registered name; its deviations must know where it has been.
        candidates: mixtures scored in each round, half around the natural mixture and half around the best.
    """

    about: ClassVar[About] = About(
        "iterative",
        "10 to 60, a few at a time",
        "Chen et al. 2025, arXiv 2508.11551",
        "proxies",
        ("single", "multi-fidelity"),
    )
    variant: Literal["single", "multi-fidelity"] = "single"
    surrogate: str = "gp"
    candidates: int = 4096

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return random draws, later the candidates of the highest expected improvement."""
        taken = tried(trials)
        first = None
        if enough(trials):
            rows = first_new(self._pool(problem, trials, rng), self.candidates, taken)
            if len(rows):
                first = rows[self.rank(problem, trials, rows, min(count, len(rows)), rng)]
        return new_draws(lambda n: prior_draws(problem, n, rng), count, taken, first=first)

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the rows of the highest expected improvement; at random before there is enough to fit."""
        if not enough(trials):
            return rng.permutation(len(candidates))[:count]
        fitted = self._forecast(problem, trials)
        mean, sd = fitted.score(candidates)
        return batch_of(log_expected_improvement(mean, sd, float(fitted.measured().min())), candidates, count)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the candidate of the best posterior mean; natural without enough trials."""
        if not enough(trials):
            return natural_instead(problem, trials, "the process needs 4 mixtures")
        fitted = self._forecast(problem, trials)
        free = replace(problem, constraints=Constraints.free(len(problem.domains)))
        pools = (self._pool(kind, trials, np.random.default_rng(0)) for kind in (problem, free))
        return select(problem, fitted, *pools, choose="forecast", top=AVERAGED)

    def _forecast(self, problem: Problem, trials: Sequence[Trial]) -> Forecast:
        if self.variant == "multi-fidelity":
            return forecast_fidelities(problem, trials)
        return forecast(replace(problem, prior=None), trials, self.surrogate)

    def _pool(self, problem: Problem, trials: Sequence[Trial], rng: np.random.Generator) -> np.ndarray:
        good = usable(trials)
        rows, measured = mixtures(good, len(problem.domains)), losses(good, problem.targets)
        best = rows[np.argsort(problem.fit_objective(measured).value(measured), kind="stable")[:CENTRES]]
        half = self.candidates // 2
        return np.concatenate(
            [problem.constraints.settle(rows), prior_draws(problem, half, rng), variations(problem, best, half, rng)]
        )
