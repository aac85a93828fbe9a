"""Held-out sets: what decontamination looked for, what it cannot find, and how many documents it flagged."""

from collections.abc import Mapping
from dataclasses import dataclass

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["HeldOutSet", "read_held_out"]


@dataclass(frozen=True)
class HeldOutSet:
    """One set of targets or of protected texts.

    Attributes:
        name: of the set.
        items: its texts.
        uncovered: those too short or too common to be found.
        flagged: documents by the first rule that fires.
    """

    name: str
    items: int
    uncovered: int
    flagged: Mapping[str, int]


def read_held_out(artefacts: Artefacts) -> list[HeldOutSet]:
    """Return the sets, the one with most documents flagged first; empty before scores, and without `leak`."""
    if "scores" not in artefacts:
        return []
    facts = read_json(artefacts["scores"].file("scores.json")).get("facts", {}).get("leak", {})
    sets = [
        HeldOutSet(printable(name, 60), found["items"], found["uncovered"], dict(found["flagged"]))
        for name, found in facts.items()
    ]
    return sorted(sets, key=lambda one: (-sum(one.flagged.values()), one.name))
