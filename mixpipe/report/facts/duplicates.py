"""Duplicates: how many documents are near or semantic copies of another, and what is copied most."""

from collections.abc import Sequence
from dataclasses import dataclass

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Duplicates", "Group", "read_duplicates"]

LARGEST_FILE = "largest.json"
CHARACTERS = 240


@dataclass(frozen=True)
class Group:
    """One group of near duplicates: its different texts, and source and beginning of the one that is kept."""

    id: str
    texts: int
    source: str
    text: str


@dataclass(frozen=True)
class Duplicates:
    """What the stage found.

    Attributes:
        near_groups: groups of different texts that are near duplicates.
        near_marked: documents for which a near one is kept.
        semantic_marked: documents for which one of the same meaning is kept.
        kept_instead: texts kept although they are duplicates, because a rule drops what they are duplicates of.
        largest: the largest groups, the largest first.
    """

    near_groups: int
    near_marked: int
    semantic_marked: int
    kept_instead: int
    largest: Sequence[Group]


def read_duplicates(artefacts: Artefacts) -> Duplicates | None:
    """Return what was found; None before the stage."""
    if "duplicates" not in artefacts:
        return None
    found, counts = artefacts["duplicates"], artefacts["duplicates"].counts
    largest = [
        Group(row["id"][:12], row["texts"], printable(row["source"], 40), printable(row["text"], CHARACTERS))
        for row in read_json(found.file(LARGEST_FILE))
    ]
    groups, near, semantic = (int(counts.get(name, 0)) for name in ("near_groups", "near_marked", "semantic_marked"))
    kept_instead = int(artefacts["scores"].counts.get("kept_for_a_twin_dropped", 0)) if "scores" in artefacts else 0
    return Duplicates(groups, near, semantic, kept_instead, largest)
