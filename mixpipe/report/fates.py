"""Where every document went: totals and what went between them, from the records found to the rows written.

    found - quarantined = documents; - dropped by reason = eligible; - not drawn = drawn; rows written = their copies

Each stage adds its lines once it has run. The sums are checked by the stages; here they are only laid out.
"""

from collections import Counter
from typing import NamedTuple

from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.documents import read_quarantine, read_removals, read_sources
from mixpipe.report.facts.plan import read_plan

__all__ = ["Fate", "fates"]


class Fate(NamedTuple):
    """One line: a total (`change` 0), or what went.

    Attributes:
        label: what it is.
        documents: how many are left after it.
        change: how many went at this line, as a negative number.
    """

    label: str
    documents: int
    change: int = 0


def fates(artefacts: Artefacts) -> list[Fate]:
    """Return the lines from records found to documents in the shards, as far as the run went."""
    sources = read_sources(artefacts)
    if not sources:
        return []
    documents = sum(source.documents for source in sources)
    quarantined = read_quarantine(artefacts)
    lines: list[Fate] = []
    if quarantined:
        lines.append(Fate("records and files found", documents + sum(quarantined.values())))
        lines += _losses(lines[-1].documents, {f"quarantined: {why}": n for why, n in quarantined.items()})
    lines.append(Fate("documents", documents))
    plan = read_plan(artefacts)
    dropped = _dropped(artefacts) if plan is None else dict(plan.dropped)
    if dropped:
        lines += _losses(documents, {f"dropped: {why}": n for why, n in dropped.items()})
        lines.append(Fate("eligible", lines[-1].documents))
    if plan is not None:
        lines += _losses(lines[-1].documents, {"not drawn": plan.not_drawn})
        lines.append(Fate("drawn into the mixture", plan.drawn))
    return lines


def _losses(left: int, losses: dict[str, int]) -> list[Fate]:
    lines = []
    for label, gone in sorted(losses.items(), key=lambda item: -item[1]):
        left -= gone
        lines.append(Fate(label, left, -gone))
    return lines


def _dropped(artefacts: Artefacts) -> dict[str, int]:
    total: Counter[str] = Counter()
    for reasons in read_removals(artefacts).values():
        total.update(reasons)
    return dict(total)
