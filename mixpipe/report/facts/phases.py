"""Phases: the stretches of the training data, where the plan has several."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Phase", "Phases", "read_phases"]


@dataclass(frozen=True)
class Phase:
    """One stretch.

    Attributes:
        name: of the phase.
        share: of the budget.
        tokens: planned.
        documents: different ones.
        weights: token share by domain number; domains without one are left out.
        epochs: how often a domain is read in it, likewise.
    """

    name: str
    share: float
    tokens: int
    documents: int
    weights: Mapping[int, float]
    epochs: Mapping[int, float]


@dataclass(frozen=True)
class Phases:
    """All stretches in order, and how many documents are read in more than one; `names` of domains by number."""

    phases: tuple[Phase, ...]
    reused: int
    names: Mapping[int, str]


def read_phases(artefacts: Artefacts) -> Phases | None:
    """Return the phases; None before the plan and where it has one."""
    if "plan" not in artefacts:
        return None
    found = read_json(artefacts["plan"].file("mixture.json"))
    if len(found["phases"]) < 2:
        return None
    phases = [
        Phase(
            printable(phase["name"], 40),
            phase["share"],
            sum(row["planned_tokens"] for row in phase["domains"]),
            sum(row["docs"] for row in phase["domains"]),
            {_number(row): row["weight"] for row in phase["domains"]},
            {_number(row): row["epochs"] for row in phase["domains"]},
        )
        for phase in found["phases"]
    ]
    names = {_number(row): printable(row["name"], 80) for row in found["domains"]}
    return Phases(tuple(phases), found["reused_documents"], names)


def _number(row: Mapping[str, Any]) -> int:
    return int(str(row["id"]).removeprefix("d"))
