"""CLIMB: rounds in which a predictor ranks unseen mixtures and the next trials are drawn at random from its best.

Diao et al. 2025 (CLIMB, arXiv 2504.13161, section 3). Variant `paper`: Dirichlet draws around the token counts, then
random draws from the best candidates under LightGBM; the predictor's optimum at the end. The paper leaves open how many
of the best are drawn from; eight for each trial here. Variant `recipe`: NVIDIA's NeMo Curator recipe, as far as it
differs: RegMix's tempered sampler with draws refused above 15 times the natural share for the first round, Dirichlet
candidates with the token shares as parameters, and the next round from the best max(n^2, 128). Deviations: 8,192
candidates and not 100,000; constraints are projected, in every round and not in the first alone; targets are
standardised and LightGBM is not penalised, without which small losses give constant trees; it has 60 trees at a rate of
.15 and no early stopping, where the recipe has 1,000 at .01 and a tenth of the trials to stop them by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.dirichlet import Draws, Tempering, tempered_dirichlet
from mixpipe.search.candidates import first_new, new_draws
from mixpipe.search.forecast import forecast_objective
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial, tried

__all__ = ["Climb"]

MAXIMUM_USAGE = 15
PAPER = Tempering(temperature=1.0)
AVERAGED = 100


@dataclass(frozen=True)
class Climb:
    """Bootstrapping by regression.

    Attributes:
        variant: `paper` or `recipe`.
        surrogate: registered name.
        candidates: mixtures ranked in each round.
    """

    about: ClassVar[About] = About(
        "iterative",
        "112 in rounds of 64, 32 and 16",
        "Diao et al. 2025, arXiv 2504.13161",
        "proxies",
        ("paper", "recipe"),
    )
    variant: Literal["paper", "recipe"] = "paper"
    surrogate: str = "lightgbm"
    candidates: int = 8192

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return first draws, later a random choice from the best candidates."""
        taken = tried(trials)
        first = None
        if enough(trials):
            rows = first_new(self._draw(problem, self.candidates, rng), self.candidates, taken)
            if len(rows):
                first = rows[self.rank(problem, trials, rows, min(count, len(rows)), rng)]
        return new_draws(lambda n: self._start(problem, n, rng), count, taken, first=first)

    def drawn(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> Draws | None:
        """Return the draws that `propose` makes first under an equal generator; None once it ranks candidates."""
        return None if enough(trials) else self._drawn(problem, count, rng)

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return rows drawn at random from the candidates foreseen best; from all before there is enough to fit."""
        if not enough(trials):
            return rng.permutation(len(candidates))[:count]
        scores, _ = forecast_objective(problem, trials, self.surrogate).score(candidates)
        best = np.argsort(scores, kind="stable")[: self._considered(count)]
        return rng.permutation(best)[:count]

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the candidate foreseen best; natural without enough trials."""
        if not enough(trials):
            return natural_instead(problem, trials, "the regression needs 4 mixtures")
        fitted = forecast_objective(problem, trials, self.surrogate)
        free = replace(problem, constraints=Constraints.free(len(problem.domains)))
        pools = (self._draw(kind, self.candidates, np.random.default_rng(0)) for kind in (problem, free))
        found = select(problem, fitted, *pools, choose="predicted", top=AVERAGED)
        started = self._drawn(problem, self.candidates, np.random.default_rng(0))
        return replace(found, evidence={**found.evidence, "draws": started.record()})

    def _considered(self, count: int) -> int:
        return max(count**2, 128) if self.variant == "recipe" else 8 * count

    def _start(self, problem: Problem, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return mixtures for the first round."""
        return problem.constraints.settle(self._drawn(problem, count, rng).mixtures)

    def _drawn(self, problem: Problem, count: int, rng: np.random.Generator) -> Draws:
        """Return draws for the first round: the paper's refuse none."""
        if self.variant == "paper":
            return tempered_dirichlet(problem.natural, count, rng, tempering=PAPER)
        return tempered_dirichlet(problem.natural, count, rng, caps=np.minimum(1, MAXIMUM_USAGE * problem.natural))

    def _draw(self, problem: Problem, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return candidates."""
        if self.variant == "paper":
            return problem.constraints.settle(tempered_dirichlet(problem.natural, count, rng, tempering=PAPER).mixtures)
        present = np.flatnonzero(problem.natural)
        rows = np.zeros((count, len(problem.natural)))
        rows[:, present] = rng.dirichlet(problem.natural[present], size=count)
        return problem.constraints.settle(rows)
