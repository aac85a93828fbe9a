"""Entropy mixtures: more of the domains whose tokens are harder to foresee, without training.

Ge et al. 2024 (BiMix, arXiv 2405.14908, section 4; see `laws/entropy.py`): shares in proportion to e^H, with H in nats.
Variants: `ce` of a token given the one before (the paper's choice), `se` of tokens, `je` of pairs, `vne` of word
vectors. The search measures them on the proxies' pools, see `entropies.py`. Deviations: vectors of tokens, learned from
the pools, and not of words, learned elsewhere; the mixture is brought under the constraints; a domain without tokens
gets nothing. Natural where the problem has no such entropies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mixpipe.mixture.simplex import shares
from mixpipe.search.laws.entropy import entropy_mixture
from mixpipe.search.methods.fixed import FixedMixture
from mixpipe.search.methods.protocol import About, Recommendation
from mixpipe.search.optimum import natural_instead
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial

__all__ = ["Entropy"]


@dataclass(frozen=True)
class Entropy(FixedMixture):
    """Shares in proportion to e^entropy.

    Attributes:
        variant: which entropy.
    """

    about: ClassVar[About] = About(
        "no training", "none", "Ge et al. 2024, arXiv 2405.14908", "entropies", ("ce", "se", "je", "vne")
    )
    variant: Literal["ce", "se", "je", "vne"] = "ce"

    def weights(self, problem: Problem) -> np.ndarray:
        """Return the mixture (k,) of the entropies; natural where they were not measured."""
        found = self._measured(problem)
        return problem.natural if found is None else shares(entropy_mixture(found) * (problem.available_tokens > 0))

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture under the constraints; where it is natural for want of entropies, the evidence says so."""
        if self._measured(problem) is None:
            return natural_instead(problem, trials, f"the entropies {self.variant} were not measured")
        return super().recommend(problem, trials)

    def _measured(self, problem: Problem) -> np.ndarray | None:
        found = (problem.entropies or {}).get(self.variant)
        return None if found is None or not np.isfinite(found).all() else found
