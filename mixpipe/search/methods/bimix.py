"""BiMix: the loss of every domain from its own share alone, and the mixture of the least sum of them.

Ge et al. 2024 (BiMix, arXiv 2405.14908, section 3; see `laws/bimix.py`). Reads the trials' losses on the domains, never
those on the targets: every domain that has a loss counts the same, or by `weights`. Where all mixtures were measured
at three or more token counts the whole law is fitted and asked at the budget; at one count it is loss_i = K_i
r_i^-alpha_i, a straight line in logarithms, which is what a search measures. Deviations: trials of any mixtures, not
two to four chosen ones; the closed optimum is only the first start of a descent under the bounds. Natural where fewer
than two usable trials have losses on the domains, and where no loss falls with its domain's share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.mixture.simplex import lattice_key
from mixpipe.search.candidates import designed
from mixpipe.search.laws.bimix import LEAST_SHARE, BimixLaw, fit_bimix
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, domain_losses, mixtures, tried, usable

__all__ = ["Bimix"]

LEAST_BUDGETS = 3


@dataclass(frozen=True)
class Bimix:
    """Closed-form optimum of a law per domain.

    Attributes:
        weights: (k,) of the domains' losses in the sum, >= 0; None counts all the same.
    """

    about: ClassVar[About] = About(
        "one shot", "2 to 10 in one round", "Ge et al. 2024, arXiv 2405.14908", "proxies with losses on domains"
    )
    weights: tuple[float, ...] | None = None

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return natural, uniform, and draws around the natural mixture."""
        k = len(problem.domains)
        return designed(problem, np.vstack([problem.natural, np.full(k, 1 / k)]), count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the least sum of domain losses; natural without losses on the domains."""
        k = len(problem.domains)
        measured = np.isfinite(domain_losses(trials, k)).any(axis=0)
        good = [t for t in usable(trials) if (domain_losses([t], k)[0, measured] > 0).all()]
        if not measured.any() or len(tried(good)) < 2:
            return natural_instead(problem, trials, "BiMix needs losses on the domains of two mixtures")
        law, budget = _fit(good, measured, problem.budget_tokens)
        weights = np.where(measured, 1.0 if self.weights is None else np.array(self.weights), 0)
        if not (weights * law.share_exponents > 0).any():
            return natural_instead(problem, trials, "no domain's loss falls with its share")
        return recommend_least(
            problem,
            trials,
            lambda rows: law.predict(rows, budget) @ weights / weights.sum(),
            law.optimum(weights, budget)[None],
            {"exponents": law.share_exponents.tolist(), "budget": budget},
        )


def _fit(trials: Sequence[Trial], measured: np.ndarray, budget: float) -> tuple[BimixLaw, float]:
    """Return the law and the budget at which to ask it; domains without losses (k,) get a law that is flat at 0."""
    k = len(measured)
    groups: dict[bytes, dict[int, np.ndarray]] = {}
    for trial in trials:
        groups.setdefault(lattice_key(trial.mixture), {})[trial.tokens] = domain_losses([trial], k)[0]
    shared = sorted(set.intersection(*(set(group) for group in groups.values())))
    x = mixtures(trials, k)
    varied = all(len(np.unique(x[:, i])) > 1 for i in np.flatnonzero(measured))
    if len(shared) >= LEAST_BUDGETS and varied:
        rows = np.stack([next(t.mixture for t in trials if lattice_key(t.mixture) == key) for key in groups])
        table = np.array([[group[tokens] for tokens in shared] for group in groups.values()])[:, :, measured]
        fitted = fit_bimix(rows[:, measured], np.array(shared, dtype=np.float64), table)
        spread = [np.zeros(k) for _ in range(5)]
        for whole, part in zip(spread, vars(fitted).values(), strict=True):
            whole[measured] = part
        return BimixLaw(*spread), budget
    most = max(trial.tokens for trial in trials)
    last = [trial for trial in trials if trial.tokens == most]
    return _at_one_budget(mixtures(last, k), domain_losses(last, k), measured), float(most)


def _at_one_budget(mixtures: np.ndarray, losses: np.ndarray, measured: np.ndarray) -> BimixLaw:
    """Fit (n, k) mixtures and losses (n, k), those of `measured` domains positive, by lines in logarithms."""
    shares = np.log(np.maximum(mixtures, LEAST_SHARE))
    logs = np.log(np.where(measured, losses, 1))
    offsets = shares - shares.mean(axis=0)
    variance = (offsets**2).sum(axis=0)
    slopes = np.where(variance > 1e-12, (offsets * logs).sum(axis=0) / np.maximum(variance, 1e-12), 0)
    exponents = np.maximum(-slopes, 0)  # a domain whose loss does not fall with its share has no law
    levels = np.exp(logs.mean(axis=0) + exponents * shares.mean(axis=0))
    return BimixLaw(levels * measured, np.zeros_like(levels), np.ones_like(levels), exponents, np.zeros_like(levels))
