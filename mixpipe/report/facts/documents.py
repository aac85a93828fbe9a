"""Documents: what came in from where, what was quarantined, what is dropped and why."""

from collections import Counter
from dataclasses import dataclass

import pyarrow.compute as pc

from mixpipe.personal_data import KINDS
from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json, read_table

__all__ = ["Source", "read_masked", "read_quarantine", "read_removals", "read_sources"]


@dataclass(frozen=True)
class Source:
    """What came from one source."""

    name: str
    documents: int
    bytes: int
    tokens: int
    duplicates: int


def read_sources(artefacts: Artefacts) -> list[Source]:
    """Return the sources by falling documents; empty before ingest."""
    if "ingest" not in artefacts:
        return []
    found = read_json(artefacts["ingest"].file("sources.json"))
    fields = ("documents", "bytes", "tokens", "duplicates")
    sources = [Source(printable(name, 80), *(int(row[field]) for field in fields)) for name, row in found.items()]
    return sorted(sources, key=lambda source: (-source.documents, source.name))


def read_masked(artefacts: Artefacts) -> dict[str, int]:
    """Return how often each kind of personal data was masked; empty where it was not asked for."""
    counts = artefacts["ingest"].counts if "ingest" in artefacts else {}
    return {kind: int(counts[f"masked_{kind}"]) for kind in KINDS if f"masked_{kind}" in counts}


def read_quarantine(artefacts: Artefacts) -> dict[str, int]:
    """Return how many records were quarantined, by reason, most first; empty before ingest."""
    if "ingest" not in artefacts:
        return {}
    table = read_table(artefacts["ingest"].file("quarantine.parquet"), ["reason"])
    counted = Counter({row["values"]: row["counts"] for row in pc.value_counts(table["reason"]).to_pylist()})
    return {printable(reason, 60): records for reason, records in counted.most_common()}


def read_removals(artefacts: Artefacts) -> dict[str, dict[str, int]]:
    """Return how many documents of each source are dropped, by reason; empty before scores."""
    if "scores" not in artefacts:
        return {}
    found: dict[str, dict[str, int]] = read_json(artefacts["scores"].file("removals.json"))
    return {
        printable(source, 80): {printable(reason, 60): int(documents) for reason, documents in reasons.items()}
        for source, reasons in found.items()
    }
