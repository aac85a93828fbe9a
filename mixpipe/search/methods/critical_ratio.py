"""Critical mixture ratio: as much of the new as the general loss allows.

Gu et al. 2024 (CMR scaling law, arXiv 2407.17467, section 3; see `laws/critical_ratio.py`). The general domain is the
one with the most tokens; with two domains the other is the new one, and with more all others together, in their
natural proportions: only how much of them is searched, not how they share it. Recommended is the largest share whose
loss on the new has fallen while that on the general domain has risen by no more than `tolerated_rise`, .05 as in the
paper though in bits per byte; between measured shares losses are interpolated. Design: the general domain alone, the
paper's 1/8, 1/4, 1/3 and 1/2, 3/4, all new, and then the halves between. Deviations: changes are counted from the least
share measured, for a search continues no earlier model; trials keep losses on domains at their end alone, so that is
where they are judged, not at the budget. Natural below two mixtures of the design with losses on the domains, for one
domain, and where nothing but one domain has tokens; other mixtures are not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.mixture.simplex import lattice_key, shares
from mixpipe.search.candidates import first_new
from mixpipe.search.laws.critical_ratio import TOLERATED_RISE, largest_feasible
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, domain_losses, tried, usable

__all__ = ["CriticalMixtureRatio"]

RATIOS = (0, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 1)
FINEST = 8  # halvings of the line


@dataclass(frozen=True)
class CriticalMixtureRatio:
    """A search along one line.

    Attributes:
        tolerated_rise: of the loss on the general domain, bits per byte.
    """

    about: ClassVar[About] = About(
        "one shot", "5 to 7 in one round", "Gu et al. 2024, arXiv 2407.17467", "proxies with losses on domains"
    )
    tolerated_rise: float = TOLERATED_RISE

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return what is left of the design, coarse before fine; there is no more than the line."""
        return first_new(_design(problem), count, tried(trials))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the largest feasible share; natural without losses on the domains."""
        general = int(np.argmax(problem.available_tokens))
        ratios, losses = _measured(problem, usable(trials), general)
        if len(ratios) < 2:
            return natural_instead(problem, trials, "the ratio needs two mixtures of its design with losses on domains")
        changes = losses - losses[0]
        found = largest_feasible(ratios, changes[:, 0], changes[:, 1], tolerated_rise=self.tolerated_rise)
        ratio = float(ratios[0]) if found is None else found
        mixture = problem.constraints.settle(_line(problem, np.array([ratio])))[0]
        return Recommendation(
            mixture, {"trials": len(ratios), "general": general, "ratio": ratio, "feasible": found is not None}
        )


def _design(problem: Problem) -> np.ndarray:
    """Return the mixtures of the line, coarse before fine, then the natural one, which is on it too."""
    halves = [np.arange(1, 1 << level, 2) / (1 << level) for level in range(1, FINEST + 1)]
    ratios = np.concatenate([np.array(RATIOS), *halves])
    return problem.constraints.settle(np.vstack([_line(problem, ratios), problem.natural]))


def _line(problem: Problem, ratios: np.ndarray) -> np.ndarray:
    """Return (r, k) mixtures in which all but the general domain have the shares `ratios` (r,) together."""
    natural, general = problem.natural, int(np.argmax(problem.available_tokens))
    alone = np.eye(len(natural))[general]
    rest = natural * (1 - alone)
    new = shares(rest) if rest.sum() > 0 else alone
    return np.asarray((1 - ratios)[:, None] * alone + ratios[:, None] * new)


def _measured(problem: Problem, trials: Sequence[Trial], general: int) -> tuple[np.ndarray, np.ndarray]:
    """Return increasing shares (r,) of the new, and losses (r, 2) on new and general, means of equal mixtures."""
    known = {lattice_key(row) for row in _design(problem)}
    k = len(problem.domains)
    weights = problem.natural * (np.arange(k) != general)
    found: dict[float, list[tuple[float, float]]] = {}
    for trial in trials:
        losses = domain_losses([trial], k)[0]
        counted = (weights > 0) & np.isfinite(losses)
        if lattice_key(trial.mixture) in known and counted.any() and np.isfinite(losses[general]):
            new = float(weights[counted] @ losses[counted] / weights[counted].sum())
            found.setdefault(1 - float(trial.mixture[general]), []).append((new, float(losses[general])))
    ratios = sorted(found)
    return np.array(ratios), np.array([np.mean(found[ratio], axis=0) for ratio in ratios]).reshape(-1, 2)
