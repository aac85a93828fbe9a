"""What a method is: two pure calls. The search runs the trials in between and keeps no state in the method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeGuard, runtime_checkable

import numpy as np

from mixpipe.mixture.dirichlet import Draws
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial
from mixpipe.store.fingerprint import Json

__all__ = ["About", "Candidate", "DrawingMethod", "Method", "RankingMethod", "Recommendation", "draws", "ranks"]


@dataclass(frozen=True)
class About:
    """A method in a list of methods.

    Attributes:
        family: `no training`, `one shot` or `iterative`.
        trials: what it costs, in words.
        paper: where it comes from.
        needs: what it needs besides token counts.
        variants: values of the method's field `variant`, the default first; empty where there is but one form.
    """

    family: str
    trials: str
    paper: str
    needs: str
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Candidate:
    """One of the mixtures a recommendation was chosen from.

    Attributes:
        name: `predicted` (optimum), `top-mean` (of the best predicted) or `measured` (best trial).
        mixture: (k,) float64.
        predicted: objective foreseen; None without a surrogate.
        measured: objective measured; None where it was not tried.
    """

    name: str
    mixture: np.ndarray
    predicted: float | None
    measured: float | None


@dataclass(frozen=True, eq=False)
class Recommendation:
    """The mixture a method ends with, and why.

    Attributes:
        mixture: (k,) float64, feasible and on the lattice.
        evidence: JSON-able figures.
        candidates: what it was chosen from, empty when nothing was measured.
        unconstrained: (k,) the optimum that would be chosen without constraints; None without a surrogate.
    """

    mixture: np.ndarray
    evidence: Mapping[str, Json] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    unconstrained: np.ndarray | None = None


class Method(Protocol):
    """A way to search."""

    about: ClassVar[About]

    def propose(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> np.ndarray:
        """Return (count, k) float64 mixtures to try next, distinct from each other and from those of all trials.

        Feasible and on the lattice. Fewer than `count` rows when there is no more to propose: a fixed mixture has
        one, and constraints may leave only one.
        """
        ...

    def recommend(self, problem: Problem, trials: Sequence[Trial]) -> Recommendation:
        """Return the mixture to train on, from the trials so far, which may be none."""
        ...


@runtime_checkable
class RankingMethod(Method, Protocol):
    """A method that can also choose among given mixtures: a pool of finished runs, a grid."""

    def rank(
        self,
        problem: Problem,
        trials: Sequence[Trial],
        candidates: np.ndarray,
        count: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return (count,) int64, the rows of (q, k) `candidates` to try next, all different; q >= count."""
        ...


@runtime_checkable
class DrawingMethod(Method, Protocol):
    """A method whose caps refuse draws, and that can tell how many."""

    def drawn(self, problem: Problem, trials: Sequence[Trial], count: int, rng: np.random.Generator) -> Draws | None:
        """Return the draws that `propose` makes first under an equal generator; None where it ranks candidates."""
        ...


def draws(method: Method) -> TypeGuard[DrawingMethod]:
    """Tell whether a method refuses draws."""
    return isinstance(method, DrawingMethod)


def ranks(method: Method) -> TypeGuard[RankingMethod]:
    """Tell whether a method can choose among given mixtures."""
    return isinstance(method, RankingMethod)
