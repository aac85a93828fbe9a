"""Domains: what was found, made printable."""

from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json, read_table

__all__ = ["Domain", "Drift", "Gate", "read_domains", "read_gate"]


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


@dataclass(frozen=True)
class Drift:
    """How documents that came since a frozen model was fitted differ from those before.

    Attributes:
        new_documents: how many came.
        divergence: Jensen-Shannon divergence of token shares, bits; None when none came.
        old_distance: mean distance to a centroid before.
        new_distance: and since; None when none came.
    """

    new_documents: int
    divergence: float | None
    old_distance: float
    new_distance: float | None


@dataclass(frozen=True)
class Gate:
    """The structure found: entropy of the token shares over its largest value, and how the number came about."""

    entropy: float
    rule: str
    drift: Drift | None


def read_gate(artefacts: Artefacts) -> Gate | None:
    """Return the structure found; None before domains."""
    if "domains" not in artefacts:
        return None
    found = read_json(artefacts["domains"].file("gate.json"))
    return Gate(found["entropy"], printable(found["rule"], 60), _drift(found["drift"]) if "drift" in found else None)


def _drift(found: dict[str, Any]) -> Drift:
    return Drift(
        new_documents=found["new_documents"],
        divergence=found.get("share_divergence"),
        old_distance=found["old_mean_distance"],
        new_distance=found.get("new_mean_distance"),
    )


def read_domains(artefacts: Artefacts) -> list[Domain]:
    """Return the domains in the order of their numbers; empty before domains."""
    if "domains" not in artefacts:
        return []
    return [_domain(row) for row in read_table(artefacts["domains"].file("domains.parquet")).to_pylist()]


def _domain(row: dict[str, Any]) -> Domain:
    return Domain(
        number=row["domain"],
        name=printable(row["name"], 80),
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
