"""Examples: documents at the percentiles of each score, and some of those dropped with what was kept or matched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import CUT, printable
from mixpipe.store.files import read_json

__all__ = ["Dropped", "Example", "Span", "read_dropped", "read_percentiles"]

CHARACTERS = 400


@dataclass(frozen=True)
class Span:
    """A stretch of a document, characters start..end, that stands in a held-out set, and how it begins."""

    start: int
    end: int
    set: str
    text: str


@dataclass(frozen=True)
class Example:
    """One document: the beginnings of its id and text, its source.

    Attributes:
        value: of a score, where it stands for one.
        spans: what stands in held-out sets, where it is dropped for that.
    """

    id: str
    source: str
    text: str
    value: float | None = None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Dropped:
    """A document that was dropped, and the one that was kept instead, if any."""

    reason: str
    document: Example
    twin: Example | None


def read_percentiles(artefacts: Artefacts) -> dict[str, dict[str, Example]]:
    """Return by score column and percentile (`1`, `50`, `99`) a document there; empty before scores."""
    return {
        printable(column, 60): {percentile: _example(found) for percentile, found in by_percentile.items()}
        for column, by_percentile in _read(artefacts).get("percentiles", {}).items()
    }


def read_dropped(artefacts: Artefacts) -> list[Dropped]:
    """Return up to three dropped documents of each reason; empty before scores."""
    return [
        Dropped(printable(reason, 60), _example(found), _example(found["twin"]) if found["twin"] else None)
        for reason, examples in _read(artefacts).get("dropped", {}).items()
        for found in examples
    ]


def _read(artefacts: Artefacts) -> Mapping[str, Any]:
    if "scores" not in artefacts:
        return {}
    found: Mapping[str, Any] = read_json(artefacts["scores"].file("examples.json"))
    return found


def _example(found: Mapping[str, Any]) -> Example:
    spans = tuple(_span(span) for span in found.get("spans", ()))
    text = printable(found["text"], CHARACTERS)
    return Example(found["id"][:12], printable(found["source"], 40), text, found.get("value"), spans)


def _span(found: Mapping[str, Any]) -> Span:
    start, end, text = found["start"], found["end"], printable(found["text"], CHARACTERS)
    is_cut = len(found["text"]) < end - start and not text.endswith(CUT)
    return Span(start, end, printable(found["set"], 60), text + CUT if is_cut else text)
