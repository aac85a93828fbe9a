"""The verdict: winner against every control, on the objective and on every target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["BEST_RANDOM", "WINNER", "Arm", "Comparison", "Verdict", "read_verdict"]

OBJECTIVE = "objective"
WINNER = "winner"
BEST_RANDOM = "best-random"


@dataclass(frozen=True)
class Comparison:
    """Winner against one control on one measure.

    Attributes:
        gain: control minus winner, positive where the winner is better: bits per byte on a target, on the
            objective the unit of its kind. None when they share no seed.
        standard_error: of the gain; None below two seeds.
        low: lower end of the 95 % interval; None below two seeds.
        high: upper end.
        word: `better`, `tied`, `worse` or `unknown`.
    """

    control: str
    measure: str
    gain: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    seeds: int
    word: str


@dataclass(frozen=True)
class Arm:
    """The winner or a control, after the final training: means over seeds, None where every seed failed.

    Attributes:
        objective: lower is better.
        bits: weighted mean over targets, bits per byte.
        losses: bits per byte by target.
        most_epochs: of any domain.
    """

    name: str
    objective: float | None
    bits: float | None
    losses: Mapping[str, float]
    most_epochs: float


@dataclass(frozen=True)
class Verdict:
    """All comparisons.

    Attributes:
        objective: by control.
        targets: by control, one comparison per target.
        arms: the winner first, then the controls.
        wins: better than every control on the objective.
        chosen: the arm whose mixture the search gives: `winner`, unless a control beat it.
        reason: for that choice.
        kind: of the objective.
    """

    objective: Mapping[str, Comparison]
    targets: Mapping[str, tuple[Comparison, ...]]
    arms: tuple[Arm, ...]
    wins: bool
    chosen: str
    reason: str
    kind: str


def read_verdict(artefacts: Artefacts) -> Verdict | None:
    """Return the verdict; None before the search, and for a given mixture."""
    if "search" not in artefacts or not artefacts["search"].names("verdict.json"):
        return None
    found = read_json(artefacts["search"].file("verdict.json"))
    fields = Comparison.__dataclass_fields__
    rows = [Comparison(**{name: row[name] for name in fields}) for row in found["comparisons"]]
    rows = [_printable(row) for row in rows]
    controls = list(dict.fromkeys(row.control for row in rows))
    return Verdict(
        {row.control: row for row in rows if row.measure == OBJECTIVE},
        {name: tuple(r for r in rows if r.control == name and r.measure != OBJECTIVE) for name in controls},
        tuple(sorted((_arm(name, arm) for name, arm in found["arms"].items()), key=lambda arm: arm.name != WINNER)),
        bool(found["wins"]),
        printable(found["chosen"], 40),
        printable(found["reason"]),
        read_json(artefacts["search"].file("search.json"))["objective"]["kind"],
    )


def _arm(name: str, arm: Mapping[str, Any]) -> Arm:
    losses = {printable(target, 40): loss for target, loss in (arm["losses"] or {}).items()}
    return Arm(printable(name, 40), arm["objective"], arm["bits"], losses, max(arm["epochs"]))


def _printable(row: Comparison) -> Comparison:
    names = {"control": printable(row.control, 40), "measure": printable(row.measure, 40)}
    return Comparison(**{**row.__dict__, **names})
