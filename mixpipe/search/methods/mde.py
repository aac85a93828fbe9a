"""Mixture of data experts: one proxy per domain, and their mixed predictions for any mixture.

Belenki et al. 2025 (Optimizing pre-training data mixtures with mixtures of data experts, arXiv 2502.15950, sections 3
and 4). Variant `alone` takes the mixture that the experts' screen likes best and needs no other proxy; `features` fits
every loss by ridge regression on the shares and on the losses of the screen. Deviations: the proxies of `features` are
drawn around the natural mixture; the ridge is chosen by leave-one-out; targets count by their spread. Natural where
there is no screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mixpipe.search.candidates import new_draws, prior_draws
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import Score, natural_instead, recommend_least
from mixpipe.search.problem import Prior, Problem
from mixpipe.search.selection import enough
from mixpipe.search.surrogates.kernel import fit_kernel
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable

__all__ = ["MixtureOfDataExperts"]

# Mixtures whose screened losses give the targets their units where nothing was measured.
SAMPLE = 512


@dataclass(frozen=True)
class MixtureOfDataExperts:
    """The experts' screen, alone or as features.

    Attributes:
        variant: `alone` or `features`.
    """

    about: ClassVar[About] = About(
        "one shot",
        "one expert per domain; 25 proxies for features",
        "Belenki et al. 2025, arXiv 2502.15950",
        "the experts' screen",
        ("alone", "features"),
    )
    variant: Literal["alone", "features"] = "alone"

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new draws around the natural mixture; `alone` does not read what they measure."""
        return new_draws(lambda n: prior_draws(problem, n, rng), count, tried(trials))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture that the screen, or the regression on it, foresees best; natural without a screen."""
        if problem.prior is None:
            return natural_instead(problem, trials, "there is no screen; set search.screen to true")
        if self.variant == "features" and not enough(trials):
            return natural_instead(problem, trials, "the regression needs 4 mixtures")
        alone = self.variant == "alone"
        score = _alone(problem, problem.prior) if alone else _by_features(problem, problem.prior, trials)
        return recommend_least(problem, trials, score, problem.natural[None], {"variant": self.variant})


def _alone(problem: Problem, screen: Prior) -> Score:
    sample = screen(prior_draws(problem, SAMPLE, np.random.default_rng(0)))
    objective = problem.fit_objective(sample)
    return lambda rows: objective.value(screen(rows))


def _by_features(problem: Problem, screen: Prior, trials: Sequence[Trial]) -> Score:
    good = usable(trials)
    y = losses(good, problem.targets)
    objective = problem.fit_objective(y)

    def features(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([rows, screen(rows)])

    raw = features(mixtures(good, len(problem.domains)))
    centre, spread = raw.mean(axis=0), raw.std(axis=0)
    scale = np.where(spread > 1e-12, spread, np.inf) * np.sqrt(raw.shape[1])
    known = (raw - centre) / scale
    weights = known.T @ fit_kernel(known @ known.T, objective.standardised(y)).alpha  # (k + m, m)

    def score(rows: np.ndarray) -> np.ndarray:
        return objective.value((features(rows) - centre) / scale @ weights * objective.scale + objective.centre)

    return score
