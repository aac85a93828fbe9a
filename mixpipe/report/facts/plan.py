"""The plan: what becomes of every domain's tokens, and how many documents were dropped, passed over and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Plan", "PlannedDomain", "read_plan"]


@dataclass(frozen=True)
class PlannedDomain:
    """What the plan makes of one domain; tokens and documents are counts, `weight` a share of tokens."""

    name: str
    weight: float
    target_tokens: float
    planned_tokens: int
    available_tokens: int
    available_documents: int
    drawn_documents: int
    copies: int
    epochs: float


@dataclass(frozen=True)
class Plan:
    """The plan and the waterfall of documents (distinct ones) into it.

    Attributes:
        dropped: reason to documents.
        not_drawn: eligible documents without a copy.
        drawn: documents with a copy or more.
    """

    budget_tokens: int
    planned_tokens: int
    max_epochs: float
    domains: tuple[PlannedDomain, ...]
    dropped: Mapping[str, int]
    not_drawn: int
    drawn: int


def read_plan(artefacts: Artefacts) -> Plan | None:
    """Return the plan; None before it."""
    if "plan" not in artefacts:
        return None
    found = read_json(artefacts["plan"].file("plan.json"))
    flow = found["waterfall"]["documents"]
    fields = PlannedDomain.__dataclass_fields__
    return Plan(
        budget_tokens=found["budget_tokens"],
        planned_tokens=found["planned_tokens"],
        max_epochs=found["max_epochs"],
        domains=tuple(
            PlannedDomain(**{**{name: row[name] for name in fields}, "name": printable(row["name"], 80)})
            for row in found["domains"]
        ),
        dropped={printable(reason, 60): int(documents) for reason, documents in flow["dropped"].items()},
        not_drawn=flow["not_drawn"],
        drawn=flow["planned"],
    )
