"""Domains: what was found, made printable."""

from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_table

__all__ = ["Domain", "read_domains"]


@dataclass(frozen=True)
class Domain:
    """One domain; its fields are those of `tables.DOMAINS`, made printable."""

    number: int
    name: str
    terms: tuple[str, ...]
    documents: int
    tokens: int
    share: float
    compactness: float
    separation: float
    place: tuple[float, float]
    medoids: tuple[str, ...]
    examples: tuple[str, ...]


def read_domains(artefacts: Artefacts) -> list[Domain]:
    """Return the domains in the order of their numbers; empty before domains."""
    if "domains" not in artefacts:
        return []
    return [_domain(row) for row in read_table(artefacts["domains"].file("domains.parquet")).to_pylist()]


def _domain(row: dict[str, Any]) -> Domain:
    return Domain(
        number=row["domain"],
        name=printable(row["name"], 40),
        terms=tuple(printable(term, 40) for term in row["terms"][:12]),
        documents=row["documents"],
        tokens=row["tokens"],
        share=row["share"],
        compactness=row["compactness"],
        separation=row["separation"],
        place=(row["x"], row["y"]),
        medoids=tuple(printable(medoid, 40) for medoid in row["medoids"][:3]),
        examples=tuple(printable(example, 240) for example in row["examples"][:3]),
    )
