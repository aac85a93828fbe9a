"""Merging: rounds over mixtures of merged models, ranked by the mean of percentile ranks.

DeMix (Li et al. 2026, Scaling data mixing via model merging, arXiv 2602.00747, released code), whose trials are
weighted averages of component models (the evaluator `merge`) and so cost next to nothing. Three rounds of n, n / 2
and n / 4; draws of temper 0.7 and strength 0.5 to 5 that refuse a share above 4 times the natural one; ridge
regression up to 32 trials and LightGBM above, of the mean percentile rank; the mean of the best candidates at the
end. Deviations: ranks are averaged over targets by their weights and not over three categories; 20,000 candidates and
the best 128 of them instead of 200,000 and 1,280; the ridge is chosen by leave-one-out; 60 trees at a rate of .15 for
300 at .01; caps are projected and not clipped one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.dirichlet import Tempering, tempered_dirichlet
from mixpipe.search.candidates import first_new, new_draws
from mixpipe.search.methods.protocol import About, Candidate, Recommendation
from mixpipe.search.optimum import Score, best_measured, natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough
from mixpipe.search.surrogates.lightgbm import LightGBM
from mixpipe.search.surrogates.ridge import Ridge
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable
from mixpipe.store.fingerprint import Json

__all__ = ["Merging"]

TEMPERING = Tempering(temperature=0.7, weakest=0.5, strongest=5.0)
MAXIMUM_USAGE = 4
FEW_TRIALS = 32
BEST = 128


@dataclass(frozen=True)
class Merging:
    """Rounds by the regression of mean percentile ranks.

    Attributes:
        candidates: mixtures ranked in each round.
    """

    about: ClassVar[About] = About(
        "iterative", "56 in rounds of 32, 16 and 8", "Li et al. 2026, arXiv 2602.00747", "any evaluator; merge is meant"
    )
    candidates: int = 20_000

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return draws, later the candidates ranked best."""
        taken = tried(trials)
        first = None
        if enough(trials):
            rows = self._draw(problem, self.candidates, rng)
            first = first_new(rows[self.rank(problem, trials, rows, len(rows), rng)], count, taken)
        return new_draws(lambda n: self._draw(problem, n, rng), count, taken, first=first)

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the rows ranked best; any before there is enough to fit."""
        if not enough(trials):
            return rng.permutation(len(candidates))[:count]
        return np.argsort(_ranked(problem, trials)(candidates), kind="stable")[:count]

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mean of the candidates ranked best; natural without enough trials."""
        if not enough(trials):
            return natural_instead(problem, trials, "the regression needs 4 mixtures")
        score, free = _ranked(problem, trials), Constraints.free(len(problem.domains))
        rows, unbound = (
            self._draw(kind, self.candidates, np.random.default_rng(0))
            for kind in (problem, replace(problem, constraints=free))
        )
        order = np.argsort(score(rows), kind="stable")
        best = np.stack([rows[order[0]], problem.constraints.settle(rows[order[:BEST]].mean(axis=0))])
        foreseen = score(best).tolist()
        evidence: dict[str, Json] = {"trials": len(usable(trials)), "chosen": "top-mean", "foreseen": foreseen[1]}
        candidates = (
            Candidate("predicted", best[0], foreseen[0], None),
            Candidate("top-mean", best[1], foreseen[1], None),
            *best_measured(problem, trials, score),
        )
        return Recommendation(best[1], evidence, candidates, unbound[int(np.argmin(score(unbound)))])

    def _draw(self, problem: Problem, count: int, rng: np.random.Generator) -> np.ndarray:
        caps = np.minimum(1, MAXIMUM_USAGE * problem.natural)
        return problem.constraints.settle(
            tempered_dirichlet(problem.natural, count, rng, caps=caps, tempering=TEMPERING).mixtures
        )


def _ranked(problem: Problem, trials: Sequence[Trial]) -> Score:
    """Return what foresees the weighted mean of percentile ranks, lower is better."""
    good = usable(trials)
    x, y = mixtures(good, len(problem.domains)), losses(good, problem.targets)
    ranks = replace(problem, objective="rank").fit_objective(y).value(y)
    scale = float(ranks.std()) or 1.0
    standardised = (ranks - ranks.mean()) / scale
    if len(good) > FEW_TRIALS:
        return lambda rows: LightGBM().regress(x, standardised, rows)
    fitted = Ridge().fit(x, standardised[:, None])
    return lambda rows: fitted.predict(rows).mean[:, 0]
