"""UniMax: as uniform as the epoch caps allow. A control of every search.

Chung et al. 2023 (UniMax, arXiv 2304.09151, algorithm 1): from the smallest domain up, each takes an equal share of
the budget that is left, or all it may give. Budgets in tokens here, in characters there.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.mixture.simplex import shares
from mixpipe.search.methods.fixed import FixedMixture
from mixpipe.search.methods.protocol import About
from mixpipe.search.problem import Problem

__all__ = ["UniMax", "unimax_tokens"]


@dataclass(frozen=True)
class UniMax(FixedMixture):
    """Uniform up to the caps."""

    about: ClassVar[About] = About("no training", "none", "Chung et al. 2023, arXiv 2304.09151", "nothing")

    def weights(self, problem: Problem) -> np.ndarray:
        """Return the shares of the tokens taken from each domain."""
        return shares(unimax_tokens(problem.constraints.caps * problem.budget_tokens, problem.budget_tokens))


def unimax_tokens(most_tokens: np.ndarray, budget_tokens: float) -> np.ndarray:
    """Return the tokens (k,) to take from each domain; their sum falls short of the budget when the caps are tight.

    Args:
        most_tokens: (k,) the most that each domain may give: its tokens times the epochs allowed.
        budget_tokens: tokens to take in all.
    """
    taken = np.zeros(len(most_tokens))
    left = float(budget_tokens)
    for place, domain in enumerate(np.argsort(most_tokens, kind="stable")):
        taken[domain] = min(left / (len(most_tokens) - place), most_tokens[domain])
        left -= taken[domain]
    return taken
