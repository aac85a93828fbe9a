"""Data mixing laws: every loss as a constant plus exponentials of the shares, and the mixture of the least sum.

Ye et al. 2024 (Data mixing laws, arXiv 2403.16952, sections 3 and 4; see `laws/mixing.py`, `implicit.py`, `power.py`).
Design: double-diminishing, every share a half, a quarter and so on of the most that the domain can give, in steps of a
sixteenth. Variant `explicit` fits one exponential per target, `implicit` hidden domains that all targets share. Where
every trial kept the same checkpoints, three or more, losses are first extended to the target's tokens by the power law
of steps. Deviations: proxies of one size, so none is extended in size; random picks from the design and steps finer
than a sixteenth beyond eight domains, for the whole grid has too many rows; the optimum from descent under the bounds,
not from the grid; three hidden domains, where the paper tries up to 30; targets count by their spread. Natural below
k + 1 trials (implicit: 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mixpipe.search.candidates import designed
from mixpipe.search.laws.implicit import ImplicitLaw, fit_implicit
from mixpipe.search.laws.mixing import MixingLaw, fit_mixing
from mixpipe.search.laws.power import fit_power
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough
from mixpipe.search.trials import Trial, losses, mixtures, tried, usable

__all__ = ["DataMixingLaws", "double_diminishing"]

STEPS = 16
# Picks from the design per mixture wanted: some coincide, some were tried.
PICKS = 8
LEAST_CHECKPOINTS = 3
IMPLICIT_STEPS = 600  # of a fit: mixtures are told apart long before the law has settled


@dataclass(frozen=True)
class DataMixingLaws:
    """One-shot regression by exponential laws.

    Attributes:
        variant: `explicit` or `implicit`.
        hidden: hidden domains of the implicit law.
    """

    about: ClassVar[About] = About(
        "one shot",
        "20 in one round",
        "Ye et al. 2024, arXiv 2403.16952",
        "proxies; checkpoints to extend them",
        ("explicit", "implicit"),
    )
    variant: Literal["explicit", "implicit"] = "explicit"
    hidden: int = 3

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return new mixtures of the design; what was measured does not matter."""
        rows = double_diminishing(problem.constraints.caps, PICKS * count, rng)
        return designed(problem, rows, count, tried(trials), rng)

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture of the least weighted sum of the laws; natural without enough trials."""
        good, k = usable(trials), len(problem.domains)
        needed = k + 1 if self.variant == "explicit" else 2
        if not enough(good) or len(good) < needed:
            return natural_instead(problem, trials, f"the law needs {max(needed, 4)} mixtures")
        x, (y, extended) = mixtures(good, k), _extended(good, problem)
        law: MixingLaw | ImplicitLaw = (
            fit_mixing(x, y)
            if self.variant == "explicit"
            else fit_implicit(x, y, self.hidden, np.random.default_rng(0), steps=IMPLICIT_STEPS)
        )
        objective = problem.fit_objective(y)
        optimum = law.optimum(objective.weights / objective.scale)
        error = float(np.abs(law.predict(x) - y).mean())
        return recommend_least(
            problem,
            trials,
            lambda rows: objective.value(law.predict(rows)),
            optimum[None],
            {"mean_error": error, "extended_to": extended},
        )


def double_diminishing(caps: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, k) mixtures whose shares are caps (k,) halved some number of times, in whole steps, or 0.

    Domains are visited in random order; what is left in the end goes to the first of them that have room.
    """
    k = len(caps)
    steps = max(STEPS, 1 << int(np.ceil(np.log2(2 * k))))
    halvings = np.arange(int(np.log2(steps)) + 1)
    levels = np.floor(caps[:, None] * steps * 0.5**halvings + 1e-9) / steps  # (k, halvings)
    rows = np.zeros((count, k))
    for row in rows:
        left, order = 1.0, rng.permutation(k)
        for domain in order:
            possible = np.unique(np.append(levels[domain][levels[domain] <= left], 0))
            row[domain] = rng.choice(possible)
            left -= row[domain]
        for domain in order:
            more = min(left, caps[domain] - row[domain])
            row[domain] += more
            left -= more
    return rows


def _extended(trials: Sequence[Trial], problem: Problem) -> tuple[np.ndarray, float | None]:
    """Return losses (n, m) at the target's tokens, and those tokens; as measured, and None, without checkpoints."""
    last = losses(trials, problem.targets)
    curves = [{point.tokens: point.target_losses for point in trial.trajectory} for trial in trials]
    for trial, curve in zip(trials, curves, strict=True):
        curve[trial.tokens] = trial.target_losses
    shared = sorted(set.intersection(*(set(curve) for curve in curves)))
    if len(shared) < LEAST_CHECKPOINTS or any(trial.tokens != shared[-1] for trial in trials):
        return last, None
    table = np.array([[[c[s].get(t, np.nan) for t in problem.targets] for s in shared] for c in curves])
    if not np.isfinite(table).all():
        return last, None
    sizes, goal = np.array(shared, dtype=np.float64), np.array([problem.budget_tokens])
    found = [fit_power(sizes, table[:, :, target]).predict(goal)[:, 0] for target in range(len(problem.targets))]
    return np.column_stack(found), problem.budget_tokens
