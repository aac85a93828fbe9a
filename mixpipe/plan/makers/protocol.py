"""What a plan maker is: a value for every document, and how many copies each value gets, relative to the others.

The common layer does the rest, alike for all makers: it reads values in 256 bins, finds the one scale (for each domain,
or for all together) at which copies meet the token budget under the epoch cap, and draws whole copies by a keyed hash.
A maker therefore never sees the budget twice, and the realised shares stay exact whatever it prefers.

A maker is a frozen dataclass: its fields are what `plan.settings` may hold, and their annotations are checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias, TypeGuard, runtime_checkable

import numpy as np

__all__ = [
    "Candidates",
    "Filled",
    "FittedMaker",
    "Maker",
    "PlanMaker",
    "Pool",
    "Sample",
    "SelectionMaker",
    "State",
    "fits",
    "selects",
]

State: TypeAlias = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Candidates:
    """Documents that may be planned.

    Attributes:
        ids: n document ids.
        domains: (n,) int32.
        tokens: (n,) int64.
        columns: (n,) float32 each, finite: the scores that the maker asked for.
        names: of all domains, by number.
    """

    ids: Sequence[str]
    domains: np.ndarray
    tokens: np.ndarray
    columns: Mapping[str, np.ndarray]
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Sample(Candidates):
    """Documents drawn by a keyed hash, up to 10,000 of each domain.

    Attributes:
        weights: (n,) float64, how many documents of its domain each stands for.
    """

    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))


class Filled(NamedTuple):
    """How the eligible tokens lie.

    Attributes:
        tokens: (n_domains, 256) int64 tokens by domain and bin of the value, 255 best.
        targets: (n_domains,) float64 tokens wanted of each domain.
        max_epochs: the most expected copies of a document.
        shared: only the sum of the targets counts: all domains are filled from one budget.
        names: of the domains, by number.
        strata: (n_domains, s) token shares that the search found for equal ranges of quality, worst first; None: it did
            not look for any.
    """

    tokens: np.ndarray
    targets: np.ndarray
    max_epochs: float
    shared: bool = False
    names: Sequence[str] = ()
    strata: np.ndarray | None = None


class PlanMaker(Protocol):
    """A way to prefer some documents to others."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The score columns it reads."""
        ...

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return (n,) float64 in 0..1 for each document, comparable inside a domain at least.

        Args:
            candidates: n documents, any part of the corpus.
            state: what `fit` returned, for a maker that has it; otherwise empty.
        """
        ...

    def preference(self, filled: Filled) -> np.ndarray:
        """Return (n_domains, 256) float64 >= 0, relative copies of each bin; 0: never."""
        ...


@runtime_checkable
class FittedMaker(PlanMaker, Protocol):
    """A maker whose values hang on where a document stands among the others: percentiles, quartiles."""

    def fit(self, sample: Sample) -> State:
        """Learn from a sample of all that may be planned; return all that `value` needs."""
        ...


@dataclass(frozen=True)
class Pool:
    """A block of one domain's documents, from which a selection maker picks.

    Attributes:
        ids: n document ids, in their order.
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


@runtime_checkable
class SelectionMaker(Protocol):
    """A maker that picks documents one after another; the earlier picked, the higher the value."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The score columns it reads."""
        ...

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return (n,) int64, a permutation: the rows in the order of picking, those never worth a pick last."""
        ...

    def preference(self, filled: Filled) -> np.ndarray:
        """Return (n_domains, 256) float64 >= 0, relative copies of each bin."""
        ...


Maker: TypeAlias = PlanMaker | SelectionMaker


def fits(maker: Maker) -> TypeGuard[FittedMaker]:
    """Tell whether a maker has to see a sample first."""
    return isinstance(maker, FittedMaker)


def selects(maker: Maker) -> TypeGuard[SelectionMaker]:
    """Tell whether a maker picks documents one after another."""
    return isinstance(maker, SelectionMaker)
