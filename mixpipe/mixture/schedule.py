"""Schedules: the mixture as a function of training progress, in phases of a token budget and a mixture each.

Designs: one phase; two phases, diverse and then of high quality (Feng et al. 2024, Maximize your data's potential with
two-phase pretraining, arXiv 2412.15285: the second about 40 % of the tokens); annealing, a short last phase in which
the learning rate falls linearly to zero (OLMo 2, arXiv 2501.00656, section 4: 5 to 10 % of the compute). The plan draws
the copies that all phases call for, under one cap of epochs, and gives each to exactly one phase: what is used again is
counted, and two phases of equal mixtures hold together what one phase would.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.mixture.epochs import effective_tokens, epochs
from mixpipe.mixture.simplex import check_mixture, shares

__all__ = ["ANNEAL_SHARE", "LATE_SHARE", "Phase", "Rate", "Schedule"]

Rate: TypeAlias = Literal["warm", "stable", "decay"]

LATE_SHARE = 0.4  # of the tokens, in the second of two phases
ANNEAL_SHARE = 0.1  # of the tokens, in a last phase of falling learning rate


@dataclass(frozen=True, eq=False)
class Phase:
    """One stretch of training.

    Attributes:
        name: short, unique in its schedule.
        budget_tokens: > 0; whole where nothing else is said.
        mixture: (k,) float64 token shares.
        rate: what the learning rate does: `warm` rises to the highest, `stable` stays, `decay` falls linearly.
        end_rate: learning rate at the end of a `decay`, as a share of the highest.
    """

    name: str
    budget_tokens: float
    mixture: np.ndarray
    rate: Rate = "stable"
    end_rate: float = 0.0


@dataclass(frozen=True, eq=False)
class Schedule:
    """Phases in the order of training.

    Attributes:
        phases: at least one, over the same k domains.
    """

    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        """Refuse schedules that cannot be trained."""
        names = [phase.name for phase in self.phases]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"expected phases of different names, found {names}")
        for phase in self.phases:
            check_mixture(phase.mixture, len(self.phases[0].mixture))
            if phase.budget_tokens <= 0 or not 0 <= phase.end_rate <= 1:
                raise ConfigError(
                    f"expected budget_tokens > 0 and end_rate from 0 to 1 in phase {phase.name!r}, "
                    f"found {phase.budget_tokens} and {phase.end_rate:g}"
                )

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
