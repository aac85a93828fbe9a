"""Schedules: the mixture as a function of training progress, in phases of a token budget and a mixture each.

Designs: one phase; two phases, diverse and then of high quality (Feng et al. 2024, Maximize your data's potential with
two-phase pretraining, arXiv 2412.15285: the second about 40 % of the tokens); annealing, a short last phase in which
the learning rate falls linearly to zero (OLMo 2, arXiv 2501.00656, section 4: 5 to 10 % of the compute, weights of
runs with different orders averaged). Documents are conserved: the copies that the whole schedule calls for are drawn
once, from its overall mixture, and every copy then goes to exactly one phase; so no document is used again in a later
phase unless it was counted, and two phases of equal mixtures hold together what one phase would.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.mixture.epochs import effective_tokens, epochs
from mixpipe.mixture.simplex import check_mixture, shares

__all__ = ["Phase", "Schedule", "annealing", "phase_of_copies", "static", "two_phases"]

LATE_SHARE = 0.4  # of the tokens, in the second of two phases
ANNEAL_SHARE = 0.1  # of the tokens, in a last phase of falling learning rate


@dataclass(frozen=True, eq=False)
class Phase:
    """One stretch of training.

    Attributes:
        name: short, unique in its schedule.
        budget_tokens: > 0.
        mixture: (k,) float64 token shares.
        rate: what the learning rate does: `warm` rises to the highest, `stable` stays, `decay` falls linearly.
        end_rate: learning rate at the end of a `decay`, as a share of the highest.
        seed: of the order in which the phase's documents are read; decides nothing else.
    """

    name: str
    budget_tokens: int
    mixture: np.ndarray
    rate: Literal["warm", "stable", "decay"] = "stable"
    end_rate: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Schedule:
    """Phases in the order of training.

    Attributes:
        phases: at least one, over the same k domains.
        replicas: runs of the last phase with other orders, whose weights are to be averaged.
    """

    phases: tuple[Phase, ...]
    replicas: int = 1

    def __post_init__(self) -> None:
        """Refuse schedules that cannot be trained."""
        names = [phase.name for phase in self.phases]
        if not names or len(set(names)) < len(names) or self.replicas < 1:
            raise ConfigError(f"expected phases of different names and replicas >= 1, found {names}, {self.replicas}")
        for phase in self.phases:
            check_mixture(phase.mixture, len(self.phases[0].mixture))
            if phase.budget_tokens <= 0 or not 0 <= phase.end_rate <= 1:
                raise ConfigError(
                    f"expected budget_tokens > 0 and end_rate from 0 to 1 in phase {phase.name!r}, "
                    f"found {phase.budget_tokens} and {phase.end_rate:g}"
                )

    @property
    def budget_tokens(self) -> int:
        """Tokens of all phases."""
        return sum(phase.budget_tokens for phase in self.phases)

    @property
    def tokens(self) -> np.ndarray:
        """Tokens of each phase from each domain, (phases, k) float64."""
        return np.array([phase.budget_tokens * phase.mixture for phase in self.phases])

    @property
    def mixture(self) -> np.ndarray:
        """The mixture over all phases, (k,) float64."""
        return shares(self.tokens.sum(axis=0))

    def epochs(self, available_tokens: np.ndarray) -> np.ndarray:
        """Return how often each phase sees each domain, (phases, k), from (k,) available tokens."""
        return np.array([epochs(phase.mixture, available_tokens, phase.budget_tokens) for phase in self.phases])

    def effective_tokens(self, available_tokens: np.ndarray) -> np.ndarray:
        """Return what each domain's tokens over all phases are worth in fresh ones, (k,)."""
        return effective_tokens(available_tokens, self.epochs(available_tokens).sum(axis=0))

    def check_epochs(self, available_tokens: np.ndarray, max_epochs: float) -> None:
        """Refuse a schedule that repeats a domain more than `max_epochs` times over all its phases.

        Raises:
            ConfigError: naming the domain and the tokens it lacks.
        """
        seen = self.epochs(available_tokens).sum(axis=0)
        worst = int(np.argmax(seen))
        if seen[worst] > max_epochs * (1 + 1e-9):
            lacking = self.tokens.sum(axis=0)[worst] - max_epochs * available_tokens[worst]
            raise ConfigError(
                f"expected at most {max_epochs:g} epochs of every domain over all phases, found {seen[worst]:.3g} of "
                f"domain {worst}: {lacking:,.0f} tokens short; lower its share in "
                f"{' or '.join(phase.name for phase in self.phases)}"
            )

    def rate(self, tokens: float) -> float:
        """Return the learning rate after so many tokens, as a share of the highest."""
        level = 0.0 if self.phases[0].rate == "warm" else 1.0
        start = 0.0
        for phase in self.phases:
            end = {"warm": 1.0, "stable": level, "decay": phase.end_rate}[phase.rate]
            if tokens < start + phase.budget_tokens or phase is self.phases[-1]:
                progress = min((tokens - start) / phase.budget_tokens, 1.0)
                return level + (end - level) * progress
            level, start = end, start + phase.budget_tokens
        return level


def static(mixture: np.ndarray, budget_tokens: int) -> Schedule:
    """Return one phase: the mixture stays as it is."""
    return Schedule((Phase("all", budget_tokens, mixture),))


def two_phases(early: np.ndarray, late: np.ndarray, budget_tokens: int, *, late_share: float = LATE_SHARE) -> Schedule:
    """Return a diverse phase and one of high quality.

    Args:
        early: (k,) mixture of the first.
        late: (k,) mixture of the second.
        budget_tokens: of both.
        late_share: of the tokens, in the second; over 0, under 1.
    """
    second = _whole_share(budget_tokens, late_share)
    return Schedule((Phase("early", budget_tokens - second, early), Phase("late", second, late)))


def annealing(
    base: np.ndarray, last: np.ndarray, budget_tokens: int, *, last_share: float = ANNEAL_SHARE, replicas: int = 1
) -> Schedule:
    """Return a long phase and a short one in which the learning rate falls to zero.

    Args:
        base: (k,) mixture of the long phase. With `last` equal to it, it is the control that tells the data's part in
            the gain from that of the falling rate.
        last: (k,) mixture of the short one.
        budget_tokens: of both.
        last_share: of the tokens, in the short one; over 0, under 1.
        replicas: runs of the short phase whose weights are to be averaged.
    """
    second = _whole_share(budget_tokens, last_share)
    phases = (Phase("stable", budget_tokens - second, base), Phase("anneal", second, last, "decay"))
    return Schedule(phases, replicas)


def phase_of_copies(n_tokens: np.ndarray, keys: np.ndarray, phase_tokens: np.ndarray) -> np.ndarray:
    """Deal the copies of one domain's documents to the phases.

    Copies in the order of their keys fill one phase after another; a copy belongs to the phase in which its middle
    token falls, so that every phase's tokens are met to within one document.

    Args:
        n_tokens: (c,) int64 tokens of each copy.
        keys: (c,) keyed hashes of the copies, which decide the order.
        phase_tokens: (phases,) tokens wanted of this domain; only their ratios count.

    Returns:
        (c,) int64 number of the phase of each copy.
    """
    order = np.argsort(keys, kind="stable")
    filled = np.cumsum(n_tokens[order])
    middles = (filled - n_tokens[order] / 2) / max(float(filled[-1]) if len(filled) else 0.0, 1.0)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.searchsorted(np.cumsum(shares(phase_tokens))[:-1], middles, side="right")
    return found


def _whole_share(budget_tokens: int, share: float) -> int:
    if not 0 < share < 1:
        raise ConfigError(f"expected a share of the tokens between 0 and 1 for the later phase, found {share:g}")
    return round(budget_tokens * share)
