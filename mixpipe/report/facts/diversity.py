"""Diversity: how varied the corpus is, and what the plan makes of it, in all and by domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.store.files import read_json

__all__ = ["MEASURES", "BeforeAfter", "Diversity", "read_diversity"]

DIVERSITY_FILE = "diversity.json"
MEASURES = ("vendi", "vendi_centred", "coding_rate", "matrix_entropy")


@dataclass(frozen=True)
class BeforeAfter:
    """The measures by name, of all eligible documents and of the plan's copies; None where there are none."""

    corpus: Mapping[str, float] | None
    plan: Mapping[str, float] | None


@dataclass(frozen=True)
class Diversity:
    """Measures on a sample of documents.

    Attributes:
        sample: documents measured.
        whole: over all domains.
        domains: by domain number.
    """

    sample: int
    whole: BeforeAfter
    domains: tuple[BeforeAfter, ...]


def read_diversity(artefacts: Artefacts) -> Diversity | None:
    """Return what was measured; None before the plan, and where no document was in the sample."""
    if "plan" not in artefacts or DIVERSITY_FILE not in artefacts["plan"].listed:
        return None
    found = read_json(artefacts["plan"].file(DIVERSITY_FILE))
    if not found["sample"]:
        return None
    return Diversity(found["sample"], _before_after(found), tuple(_before_after(row) for row in found["domains"]))


def _before_after(found: Mapping[str, Any]) -> BeforeAfter:
    return BeforeAfter(found["corpus"], found["plan"])
