"""PerfRe: each topic read twice as often in a proxy of its own, and shares moved by what that gave.

DataWeave / "Topic over Source" (arXiv 2502.16802): topics found without labels are up- or down-sampled by the measured
gain of up-sampling each. w_t is proportional to n_t * exp(lambda * gain_t / sd of the gains), the factor kept within
1/3 and 3; the paper's own function of the gain is not public, and this one is ours. Gain: what the objective of the
natural mixture has over that of the topic's proxy. Topics that were not measured stay as they are. Deviations: domains
stand for topics; doubled shares are brought under the constraints, so a capped topic is doubled in part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.mixture.simplex import lattice_keys, shares
from mixpipe.search.candidates import designed
from mixpipe.search.methods.protocol import About, Candidate, Recommendation
from mixpipe.search.optimum import best_measured, natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable
from mixpipe.store.fingerprint import Json

__all__ = ["PerfRe", "moved_shares"]

UPSAMPLED = 2.0
MOST_FACTOR = 3.0


@dataclass(frozen=True)
class PerfRe:
    """One proxy per domain and one step.

    Attributes:
        strength: lambda, of gains in units of their standard deviation.
    """

    about: ClassVar[About] = About(
        "one shot", "k + 1 in one round", "Bai et al. 2025, arXiv 2502.16802", "its own design of proxies"
    )
    strength: float = 1.0

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return what is left of the design (natural, then each domain doubled, largest first), then random draws."""
        order = np.argsort(-problem.natural, kind="stable")
        return designed(
            problem, np.vstack([problem.natural, _doubled(problem.natural)[order]]), count, tried(trials), rng
        )

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the moved shares; natural where the natural mixture or every doubled one has no losses."""
        good = usable(trials)
        settled = problem.constraints.settle(np.vstack([problem.natural, _doubled(problem.natural)]))
        rows = {key: place for place, key in enumerate(lattice_keys(mixtures(good, len(problem.domains))))}
        places = [rows.get(key) for key in lattice_keys(settled)]
        if places[0] is None or all(place is None for place in places[1:]):
            return natural_instead(problem, trials, "PerfRe needs the natural mixture and one with a domain doubled")
        measured = losses(good, problem.targets)
        values = problem.fit_objective(measured).value(measured)
        gains = [0.0 if place is None else float(values[places[0]] - values[place]) for place in places[1:]]
        moved = problem.constraints.settle(moved_shares(problem.natural, np.array(gains), self.strength))
        added = np.diagonal(settled[1:]) - settled[0]  # what doubling added to each domain's share, after the caps
        slopes = np.divide(gains, added, out=np.zeros(len(gains)), where=added > 0)
        base = float(values[places[0]])
        found = Candidate("predicted", moved, base - float((moved - settled[0]) @ slopes), None)
        measured_best = best_measured(problem, trials, lambda mixture: base - (mixture - settled[0]) @ slopes)
        return Recommendation(moved, {"gains": list[Json](gains), "chosen": "predicted"}, (found, *measured_best))


def moved_shares(natural: np.ndarray, gains: np.ndarray, strength: float) -> np.ndarray:
    """Return (k,) shares of the domains, from natural ones (k,) and the gains (k,) of up-sampling each."""
    spread = float(gains.std())
    factors = np.exp(strength * gains / spread) if spread > 0 else np.ones(len(gains))
    return shares(natural * np.clip(factors, 1 / MOST_FACTOR, MOST_FACTOR))


def _doubled(natural: np.ndarray) -> np.ndarray:
    """Return (k, k): in row t the natural shares with that of domain t doubled, all divided by their sum."""
    return shares(natural * (1 + (UPSAMPLED - 1) * np.eye(len(natural))))
