"""The verdict: winner against every control, on the objective and on every target."""

from collections.abc import Mapping
from dataclasses import dataclass

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Comparison", "Verdict", "read_verdict"]

OBJECTIVE = "objective"


@dataclass(frozen=True)
class Comparison:
    """Winner against one control on one measure.

    Attributes:
        gain: control minus winner, positive where the winner is better: bits per byte on a target, spreads of the
            trials on the objective. None when they share no seed.
        low: lower end of the 95 % interval; None below two seeds.
        high: upper end.
        word: `better`, `tied`, `worse` or `unknown`.
    """

    control: str
    measure: str
    gain: float | None
    low: float | None
    high: float | None
    seeds: int
    word: str


@dataclass(frozen=True)
class Verdict:
    """All comparisons.

    Attributes:
        objective: by control.
        targets: by control, one comparison per target.
        wins: better than every control on the objective.
    """

    objective: Mapping[str, Comparison]
    targets: Mapping[str, tuple[Comparison, ...]]
    wins: bool


def read_verdict(artefacts: Artefacts) -> Verdict | None:
    """Return the verdict; None before the search."""
    if "search" not in artefacts:
        return None
    found = read_json(artefacts["search"].file("verdict.json"))
    fields = Comparison.__dataclass_fields__
    rows = [Comparison(**{name: row[name] for name in fields}) for row in found["comparisons"]]
    rows = [_printable(row) for row in rows]
    controls = list(dict.fromkeys(row.control for row in rows))
    return Verdict(
        {row.control: row for row in rows if row.measure == OBJECTIVE},
        {name: tuple(r for r in rows if r.control == name and r.measure != OBJECTIVE) for name in controls},
        bool(found["wins"]),
    )


def _printable(row: Comparison) -> Comparison:
    names = {"control": printable(row.control, 40), "measure": printable(row.measure, 40)}
    return Comparison(**{**row.__dict__, **names})
