"""What a plan maker is: a value for every document, and how many copies each value gets, relative to the others.

The common layer does the rest, alike for all makers: it reads values in 256 bins, finds the one scale (for each domain,
or for all together) at which copies meet the token budget under the epoch cap, and draws whole copies by a keyed hash.
A maker therefore never sees the budget twice, and the realised shares stay exact whatever it prefers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

__all__ = ["Candidates", "Filled", "PlanMaker", "Pool", "SelectionMaker"]


@dataclass(frozen=True)
class Candidates:
    """Documents that may be planned.

    Attributes:
        ids: n document ids.
        domains: (n,) int32.
        tokens: (n,) int64.
        columns: (n,) float32 each, the scores that the maker asked for.
    """

    ids: Sequence[str]
    domains: np.ndarray
    tokens: np.ndarray
    columns: Mapping[str, np.ndarray]


class Filled(NamedTuple):
    """How the eligible tokens lie.

    Attributes:
        tokens: (n_domains, 256) int64 tokens by domain and bin of the value, 255 best.
        targets: (n_domains,) float64 tokens wanted of each domain.
        max_epochs: the most expected copies of a document.
    """

    tokens: np.ndarray
    targets: np.ndarray
    max_epochs: float


class PlanMaker(Protocol):
    """A way to prefer some documents to others.

    Attributes:
        columns: the score columns it reads.
    """

    columns: ClassVar[tuple[str, ...]]

    def value(self, candidates: Candidates) -> np.ndarray:
        """Return (n,) float64 in 0..1 for each document, comparable inside a domain at least."""
        ...

    def preference(self, filled: Filled) -> np.ndarray:
        """Return (n_domains, 256) float64 >= 0, relative copies of each bin; 0: never."""
        ...


@dataclass(frozen=True)
class Pool:
    """A block of one domain's documents, from which a selection maker picks.

    Attributes:
        ids: n document ids.
        texts: n texts, cut to 16,384 characters.
        sources: n sources.
        vectors: (n, dimensions) float32, unit rows.
        tokens: (n,) int64.
        columns: (n,) float32 each, the scores that the maker asked for.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    sources: Sequence[str]
    vectors: np.ndarray
    tokens: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)


class SelectionMaker(Protocol):
    """A maker that picks documents one after another; the earlier picked, the higher the value.

    Attributes:
        columns: the score columns it reads.
    """

    columns: ClassVar[tuple[str, ...]]

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return (n,) int64, a permutation: the rows in the order of picking, those never worth a pick last."""
        ...

    def preference(self, filled: Filled) -> np.ndarray:
        """Return (n_domains, 256) float64 >= 0, relative copies of each bin."""
        ...
