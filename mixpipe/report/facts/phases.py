"""Phases: the stretches of the training data, where the plan has several."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    """

    name: str
    share: float
    tokens: int
    documents: int
    weights: Mapping[int, float]


@dataclass(frozen=True)
class Phases:
    """All stretches in order, and how many documents are read in more than one."""

    phases: tuple[Phase, ...]
    reused: int


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
            {int(row["id"].removeprefix("d")): row["weight"] for row in phase["domains"]},
        )
        for phase in found["phases"]
    ]
    return Phases(tuple(phases), found["reused_documents"])
