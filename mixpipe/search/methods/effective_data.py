"""Effective data: a law of what each domain's tokens are worth to the others, for fine-tuning on few sources.

Li et al. 2025 (Data mixing optimization for supervised fine-tuning, arXiv 2508.11953, sections 3 and 4; see
`laws/effective_data.py`). Design: the natural mixture, and each domain's tokens alone times 1/3, 1/2, 2 and 3. Fitted
to the losses on the domains themselves (`domain_losses`), whose sum the mixture makes least: targets have no say in
this method. Deviations: a search has one budget, so designed runs differ in shares and not in tokens, and the joint
fit reads what that still tells; the optimum at the budget of the target, by descent under the bounds. Natural where
domain losses are missing, where a domain has no tokens, or below five trials in which all domains have a share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.candidates import designed
from mixpipe.search.laws.effective_data import fit_effective_data, perturbations
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, domain_losses, mixtures, tried, usable

__all__ = ["EffectiveData"]

COEFFICIENTS = 5


@dataclass(frozen=True)
class EffectiveData:
    """One-shot law of effective tokens."""

    about: ClassVar[About] = About(
        "one shot", "4 k + 1 in one round", "Li et al. 2025, arXiv 2508.11953", "proxies with losses on the domains"
    )

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new mixtures of the design, then random ones; what was measured does not matter."""
        tokens = perturbations(np.maximum(problem.natural, 1e-6))
        return designed(problem, tokens / tokens.sum(axis=1, keepdims=True), count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the least sum of the domains' losses; natural where they do not suffice."""
        good, k = usable(trials), len(problem.domains)
        x, y = mixtures(good, k), domain_losses(good, k)
        rows = np.isfinite(y).all(axis=1) & (x > 0).all(axis=1)
        if rows.sum() < COEFFICIENTS or k < 2:
            return natural_instead(problem, trials, f"the law needs {COEFFICIENTS} trials with losses on every domain")
        tokens = x[rows] * np.array([trial.tokens for trial in good])[rows, None]
        law, budget = fit_effective_data(tokens, y[rows]), float(problem.budget_tokens)
        return recommend_least(
            problem,
            trials,
            lambda shares: law.predict(budget * shares).sum(axis=1),
            law.optimum(budget)[None],
            {"mean_error": float(np.abs(law.predict(tokens) - y[rows]).mean())},
        )
