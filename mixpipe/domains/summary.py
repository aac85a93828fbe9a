"""What a part's assignment adds up to by domain, and the sum over parts: `domains.parquet`.

Summaries are mergeable: counts and distances add, of the most central documents the nearest few stay.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.domains.model import DomainModel
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import Json
from mixpipe.tables import DOMAINS

__all__ = ["MEDOIDS", "Medoid", "Totals", "domains_table", "example", "places", "read_totals"]

MEDOIDS = 5  # per domain
EXAMPLE_CHARACTERS = 200


class Medoid(NamedTuple):
    """A document near the mean of its domain."""

    distance: float
    id: str
    example: str


@dataclass
class Totals:
    """Sums by domain.

    Attributes:
        documents: (k,) int64.
        tokens: (k,) int64.
        distance: (k,) float64, summed over documents.
        medoids: the nearest documents of each domain, nearest first.
    """

    documents: NDArray[np.int64]
    tokens: NDArray[np.int64]
    distance: NDArray[np.float64]
    medoids: list[list[Medoid]]

    @classmethod
    def empty(cls, n_domains: int) -> "Totals":
        """Return sums of nothing."""
        whole = np.zeros(n_domains, dtype=np.int64)
        return cls(whole, whole.copy(), np.zeros(n_domains), [[] for _ in range(n_domains)])

    def add(self, other: "Totals") -> None:
        """Add the sums of further documents, in place."""
        self.documents += other.documents
        self.tokens += other.tokens
        self.distance += other.distance
        for mine, further in zip(self.medoids, other.medoids, strict=True):
            mine[:] = heapq.nsmallest(MEDOIDS, {medoid.id: medoid for medoid in [*mine, *further]}.values())

    def to_json(self) -> dict[str, Json]:
        """Return the sums as JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("documents", "tokens", "distance")}
        return {**arrays, "medoids": [[list(medoid) for medoid in medoids] for medoids in self.medoids]}

    @classmethod
    def from_json(cls, value: dict[str, list[Any]]) -> "Totals":
        """Read what `to_json` wrote."""
        medoids = [[Medoid(*medoid) for medoid in medoids] for medoids in value["medoids"]]
        documents, tokens = (np.array(value[name], dtype=np.int64) for name in ("documents", "tokens"))
        return cls(documents, tokens, np.array(value["distance"], dtype=np.float64), medoids)


def read_totals(paths: Iterable[Path], n_domains: int) -> Totals:
    """Add up the summaries of parts."""
    totals = Totals.empty(n_domains)
    for path in paths:
        totals.add(Totals.from_json(read_json(path)))
    return totals


def example(text: str) -> str:
    """Return the beginning of a text on one line, without unprintable characters."""
    start = text[: 4 * EXAMPLE_CHARACTERS]
    return " ".join("".join(c if c.isprintable() else " " for c in start).split())[:EXAMPLE_CHARACTERS]


def places(means: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a map of the domains by classical scaling of their chord distances: (k, 2) float64, within -1..1.

    Torgerson, "Multidimensional scaling", Psychometrika 17, 1952. An axis's sign is free: the coordinate of the
    largest size is made positive.
    """
    centred = means.astype(np.float64) - means.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    axes = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0))
    placed = np.zeros((len(means), 2))
    placed[:, : axes.shape[1]] = axes
    placed *= np.sign(placed[np.abs(placed).argmax(axis=0), range(2)])
    return np.divide(placed, max(np.abs(placed).max(), np.finfo(float).tiny))


def domains_table(model: DomainModel, totals: Totals) -> pa.Table:
    """Return one row per domain under `tables.DOMAINS`."""
    k = len(model.names)
    cosines = model.means.astype(np.float64) @ model.means.T
    others = (cosines.sum(axis=1) - np.diag(cosines)) / max(k - 1, 1)
    place = places(model.means)
    columns = {
        "domain": np.arange(k),
        "name": list(model.names),
        "terms": [list(terms) for terms in model.terms],
        "documents": totals.documents,
        "tokens": totals.tokens,
        "share": totals.tokens / max(totals.tokens.sum(), 1),
        "compactness": totals.distance / np.maximum(totals.documents, 1),
        "separation": 1 - others,
        "x": place[:, 0],
        "y": place[:, 1],
        "medoids": [[medoid.id for medoid in medoids] for medoids in totals.medoids],
        "examples": [[medoid.example for medoid in medoids] for medoids in totals.medoids],
    }
    return pa.table(columns).cast(DOMAINS)
