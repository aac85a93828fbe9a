"""The fitted model: all that is needed to say which domain a document belongs to.

A document is the vector of its text beside the vector of its words, each of unit length, the latter times a weight;
its domain is that of the nearest cell. Kept as `model.npz` (no pickle; texts as JSON bytes), whose digest is the
identity of an assignment: with the same model, parts assigned before are never assigned again.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixpipe.domains.lexical import Lexical, count_words, lexical_vectors
from mixpipe.domains.vectors import distances_to, join
from mixpipe.errors import InputError
from mixpipe.kmeans import Nearest, nearest
from mixpipe.store.files import read_arrays, write_arrays
from mixpipe.vectors import unit_rows

__all__ = ["MODEL_FILE", "DomainModel", "pack", "unpack"]

MODEL_FILE = "model.npz"


@dataclass(frozen=True)
class DomainModel:
    """Centroids, features and names.

    Attributes:
        centroids: (n_cells, d) float32, unit rows.
        domain: (n_cells,) int64, the domain of each cell.
        means: (n_domains, d) float32, unit rows: the direction of each domain.
        tokens: (n_domains,) int64, tokens that the model was fitted on, falling.
        lexical: the lexical features; None: vectors are the embeddings alone.
        weight: of the lexical features beside the embedding.
        names: one per domain.
        terms: key terms per domain, best first.
        labels: the user's own domains in this order; empty when domains were found by clustering.
    """

    centroids: NDArray[np.float32]
    domain: NDArray[np.int64]
    means: NDArray[np.float32]
    tokens: NDArray[np.int64]
    lexical: Lexical | None
    weight: float
    names: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...] = ()

    def vectors(self, embeddings: NDArray[np.float32], words: Sequence[Counter[str]]) -> NDArray[np.float32]:
        """Return the vectors of documents: (n, d) float32, unit rows.

        Args:
            embeddings: (n, dimensions) float32.
            words: of each text; see `lexical.words_of`.
        """
        if self.lexical is None:
            return unit_rows(embeddings)
        return join(embeddings, lexical_vectors(count_words(words), self.lexical), self.weight)

    def assign(self, vectors: NDArray[np.float32]) -> Nearest:
        """Return each row's domain and its distance to the nearest centroid of that domain."""
        found = nearest(vectors, self.centroids)
        return Nearest(self.domain[found.cell], found.distance)

    def assign_given(self, vectors: NDArray[np.float32], labels: Sequence[str]) -> Nearest:
        """Return each row's given domain and its distance to that domain's mean.

        Raises:
            InputError: a label is none of those that the model knows.
        """
        number = {label: position for position, label in enumerate(self.labels)}
        unknown = sorted(set(labels) - set(number))
        if unknown:
            raise InputError(
                f"expected given domains among the {len(number)} of the frozen model, found {unknown[:3]}; "
                "run without domains.frozen to take new domains in"
            )
        domain = np.array([number[label] for label in labels], dtype=np.int64)
        return Nearest(domain, distances_to(vectors, self.means[domain]))

    def save(self, path: Path) -> None:
        """Write `model.npz`."""
        features = {} if self.lexical is None else self.lexical._asdict()
        texts = {"names": pack(self.names), "terms": pack(self.terms), "labels": pack(self.labels)}
        arrays = {name: getattr(self, name) for name in ("centroids", "domain", "means", "tokens")}
        write_arrays(path, **arrays, **features, **texts, weight=np.array(self.weight))

    @classmethod
    def load(cls, path: Path) -> "DomainModel":
        """Read `model.npz`."""
        arrays = read_arrays(path)
        lexical = Lexical(arrays["idf"], arrays["projection"]) if "idf" in arrays else None
        return cls(
            **{name: arrays[name] for name in ("centroids", "domain", "means", "tokens")},
            lexical=lexical,
            weight=float(arrays["weight"]),
            names=tuple(unpack(arrays["names"])),
            terms=tuple(tuple(terms) for terms in unpack(arrays["terms"])),
            labels=tuple(unpack(arrays["labels"])),
        )


def pack(value: object) -> NDArray[np.uint8]:
    """Return JSON as bytes: texts in .npz without pickle and without padding to the longest."""
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)


def unpack(packed: NDArray[np.uint8]) -> list[Any]:
    """Return what `pack` packed."""
    return list(json.loads(packed.tobytes()))
