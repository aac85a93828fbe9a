"""Copies by quality stratum, as the search found them: the plan of `search.strata`.

Inside a stratum all documents are alike; between strata the shares are those of the mixture that won. Costs nothing.
The default where strata were searched, for any other maker would plan what was not measured.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.protocol import Candidates, Filled, State

__all__ = ["Strata"]


@dataclass(frozen=True)
class Strata:
    """The strata's shares, exact for each."""

    columns: ClassVar[tuple[str, ...]] = ("quality_rank",)

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return the quality's rank inside the domain."""
        return candidates.columns["quality_rank"]

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the tokens that a stratum is to have over those that it has.

        Raises:
            ConfigError: the search looked for no strata.
        """
        if filled.strata is None:
            raise ConfigError(
                "expected a search over quality strata for plan.maker=strata, found none; set search.strata, or with "
                "search.mixture, which brings its own or none, another plan.maker"
            )
        strata = filled.strata.shape[1]
        held = filled.tokens.reshape(len(filled.tokens), strata, VALUE_BINS // strata).sum(axis=2)
        copies = np.divide(filled.strata, held, out=np.zeros(held.shape), where=held > 0)
        return np.repeat(copies, VALUE_BINS // strata, axis=1)
