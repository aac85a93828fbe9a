"""What a scorer is, what it sees, and the split that keeps a model from judging what it was fitted on.

A scorer turns a batch of documents into float columns, one row per document. Scorers run in the order of the config;
each sees the columns of those before it. What a scorer learns is a mapping of arrays, kept as .npz, so a worker
rebuilds it without pickle.

Half of the documents (by a keyed hash of the id) fit model 0 and are judged by model 1; the other half the reverse.
Equal texts have equal ids, so no document, nor any copy of it, is judged by a model that saw it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from mixpipe.errors import StageError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.store.draws import keyed_uniforms

__all__ = ["Batch", "Evaluations", "Floats", "Labelled", "Rule", "Sample", "Scorer", "State", "halves"]

Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.floating]]"
State: TypeAlias = Mapping[str, np.ndarray]


# Words, hashes and sorts of a block take about 40 times its characters: 80 MB.
BLOCK_CHARACTERS = 2_000_000
BLOCK_DOCUMENTS = 1024


@dataclass(frozen=True)
class Batch:
    """Documents to be scored.

    Attributes:
        ids: n document ids, 32 hex digits each.
        texts: n texts.
        vectors: (n, dimensions) float32, unit rows.
        domains: (n,) int32 domain numbers.
        tokens: (n,) int64 tokens per document.
        columns: (n,) float32 each, by name: what earlier scorers gave.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: np.ndarray
    domains: np.ndarray
    tokens: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def documents(self) -> list[Document]:
        """The texts with their words and lines, cut once for all scorers."""
        return [Document(text) for text in self.texts]

    def blocks(self) -> "Iterator[Batch]":
        """Yield the rows in order as batches of about `BLOCK_CHARACTERS`, whose cut documents are freed in between."""
        lengths = np.array([len(text) for text in self.texts], np.int64)
        numbers = np.stack([np.cumsum(lengths) // BLOCK_CHARACTERS, np.arange(len(lengths)) // BLOCK_DOCUMENTS])
        bounds = [*np.flatnonzero(np.diff(numbers, prepend=-1).any(axis=0)).tolist(), len(lengths)]
        for start, stop in pairwise(bounds):
            yield Batch(
                ids=self.ids[start:stop],
                texts=self.texts[start:stop],
                vectors=self.vectors[start:stop],
                domains=self.domains[start:stop],
                tokens=self.tokens[start:stop],
                columns={name: values[start:stop] for name, values in self.columns.items()},
            )

    def column(self, name: str) -> np.ndarray:
        """Return a column that an earlier scorer gave.

        Raises:
            StageError: no scorer before this one gives it.
        """
        if name not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise StageError(
                f"expected the column {name} of an earlier scorer, found {known}; "
                "put its scorer first in scores.scorers"
            )
        return self.columns[name]


@dataclass(frozen=True)
class Evaluations:
    """Held-out texts: what the model should be good at, and what it must not have read.

    Attributes:
        texts: m texts.
        owners: (m,) int32, which set each text is from.
        names: of the sets.
    """

    texts: Sequence[str] = ()
    owners: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    names: tuple[str, ...] = ()


class Labelled(NamedTuple):
    """Texts of one label.

    Attributes:
        texts: n texts.
        ids: n ids of documents with these texts.
        vectors: (m, dimensions) float32, unit rows of those that were encoded; none where the corpus came with vectors.
        encoded: m ids of these.
    """

    texts: Sequence[str]
    ids: Sequence[str]
    vectors: np.ndarray
    encoded: Sequence[str]


@dataclass(frozen=True)
class Sample(Batch):
    """What scorers are fitted on: a sample of the corpus without duplicates, sums over all of it, the targets.

    Attributes:
        targets: the targets' texts.
        protected: further texts that the training data must not hold.
        target_vectors: (m, dimensions) float32, unit rows.
        labelled: texts known to be good and bad, by label (`positive`, `negative`), as far as they were given.
        domain_sums: (domains, dimensions) float64, sum of the unit vectors of every domain's documents.
        domain_counts: (domains,) int64, how many documents were summed.
        domain_names: by domain number.
    """

    targets: Evaluations = field(default_factory=Evaluations)
    protected: Evaluations = field(default_factory=Evaluations)
    target_vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    labelled: Mapping[str, Labelled] = field(default_factory=dict)
    domain_sums: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    domain_counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    domain_names: tuple[str, ...] = ()

    @property
    def held_out(self) -> Evaluations:
        """All texts that the training data must not hold."""
        first, second = self.targets, self.protected
        owners = np.concatenate([first.owners, second.owners + len(first.names)]).astype(np.int32)
        return Evaluations([*first.texts, *second.texts], owners, (*first.names, *second.names))


@dataclass(frozen=True)
class Rule:
    """A limit on one measure: the rule fires below `least` or above `most`; the limits themselves are allowed.

    Attributes:
        name: what the rule found, as it stands in `drop_reason` after the scorer's name.
        measure: the column it looks at, without the scorer's name.
        least: the smallest value allowed.
        most: the largest value allowed.
    """

    name: str
    measure: str
    least: float = -np.inf
    most: float = np.inf

    def fires(self, values: np.ndarray) -> np.ndarray:
        """Return (n,) bool; compared as float32, so that what is read back from a table fires the same."""
        stored = values.astype(np.float32)
        return (stored < np.float32(self.least)) | (stored > np.float32(self.most))


@runtime_checkable
class Scorer(Protocol):
    """A scorer; a set of rules also has a column `<scorer>_rule`, the number (from 1) of the first that fires, or 0."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, each starting with the scorer's name."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Limits on the columns; empty unless the scorer is a set of rules."""

    def __init__(self, state: State) -> None:
        """Rebuild the scorer from what `fit` returned."""

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Learn from a sample; return all that scoring needs, or nothing."""

    def score(self, batch: Batch) -> Floats:
        """Return (n, len(columns)) finite numbers."""


def halves(ids: Sequence[str]) -> np.ndarray:
    """Return (n,) int64, 0 or 1: the half of each document. Half h fits model h and is judged by model 1 - h."""
    return (keyed_uniforms(ids, "scores:halves") >= 0.5).astype(np.int64)
