"""Critical mixture ratio: as much of a new domain as the general one tolerates, for continued pretraining.

Gu et al. 2024 (CMR scaling law, arXiv 2407.17467, section 3; see `laws/critical_ratio.py`). Of two domains the
smaller is the new one. Design: its share from 1/8 to 7/8. Chosen is the largest share at which its own loss
(`domain_losses`) has fallen and the other's has risen by no more than is tolerated, both against the least share
tried. Deviations: proxies are trained from scratch, so changes count from that share and not from a model before;
losses at the end of the runs are interpolated over the share, without curves over tokens; targets have no say.
Natural for more domains than two, without domain losses or below three shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.interpolate import PchipInterpolator

from mixpipe.search.candidates import designed
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, domain_losses, mixtures, tried, usable

__all__ = ["CriticalRatio"]

SHARES = np.arange(1, 8) / 8
LEAST_SHARES = 3
GRID = 10_001


@dataclass(frozen=True)
class CriticalRatio:
    """The largest tolerated share of the smaller of two domains.

    Attributes:
        tolerated: rise of the other domain's loss, bits per byte; the paper's .05 nats a token, of about four bytes.
    """

    about: ClassVar[About] = About(
        "one shot", "5 or so ratios in one round", "Gu et al. 2024, arXiv 2407.17467", "two domains and losses on them"
    )
    tolerated: float = 0.018

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new mixtures of the two domains; natural and random ones where there are more."""
        rows = problem.natural[None]
        if len(problem.domains) == 2:
            new = int(np.argmin(problem.available_tokens))
            rows = np.where(np.arange(2) == new, SHARES[:, None], 1 - SHARES[:, None])
        return designed(problem, rows, count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the critical ratio; natural where there is none."""
        if len(problem.domains) != 2:
            return natural_instead(problem, trials, "a critical ratio is one of two domains")
        new, good = int(np.argmin(problem.available_tokens)), usable(trials)
        shares, losses = mixtures(good, 2)[:, new], domain_losses(good, 2)
        known = np.isfinite(losses).all(axis=1)
        tested = np.unique(shares[known])
        if len(tested) < LEAST_SHARES:
            return natural_instead(problem, trials, f"the ratio needs losses at {LEAST_SHARES} shares")
        means = np.array([losses[known & (shares == share)].mean(axis=0) for share in tested])
        changes = means - means[0]
        grid = np.linspace(tested[0], tested[-1], GRID)
        fell, rose = (PchipInterpolator(tested, changes[:, column])(grid) for column in (new, 1 - new))
        feasible = np.flatnonzero((fell < 0) & (rose <= self.tolerated))
        if not len(feasible):
            return natural_instead(problem, trials, "no share lowers the new domain's loss and spares the other")
        ratio = float(grid[feasible[-1]])
        mixture = np.where(np.arange(2) == new, ratio, 1 - ratio)
        return Recommendation(problem.constraints.settle(mixture), {"trials": len(good), "critical_ratio": ratio})
