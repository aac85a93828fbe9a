"""Origins: from which source most of each domain comes, and how far domains follow sources."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.scores.origins import ORIGINS
from mixpipe.store.files import read_json

__all__ = ["Origin", "Origins", "read_origins"]


@dataclass(frozen=True)
class Origin:
    """The largest source of a domain, and its share of the domain's documents."""

    source: str
    share: float


@dataclass(frozen=True)
class Origins:
    """Where domains come from.

    Attributes:
        association: mean NPMI of source and domain, -1..1: 0 independent, 1 one to one.
        largest: by domain number; None for a domain without documents.
    """

    association: float
    largest: Sequence[Origin | None]


def read_origins(artefacts: Artefacts) -> Origins | None:
    """Return where domains come from; None before scores and where all documents have one source."""
    found = read_json(artefacts["scores"].file(ORIGINS)) if "scores" in artefacts else {"sources": {}}
    if len(found["sources"]) < 2:
        return None
    names, counts = list(found["sources"]), np.array(list(found["sources"].values()), np.int64)
    return Origins(found["association"], [_largest(names, column) for column in counts.T])


def _largest(names: Sequence[str], counts: np.ndarray) -> Origin | None:
    most = int(counts.argmax())
    return Origin(printable(names[most], 60), float(counts[most] / counts.sum())) if counts.any() else None
