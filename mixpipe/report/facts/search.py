"""The search: its trials in order with their objectives, the noise, and how well the surrogate foresees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json, read_table

__all__ = ["Noise", "Point", "Search", "Target", "read_search"]

FINAL = "final"  # the round that compares winner and controls, at a larger budget
OK = "ok"


class Point(NamedTuple):
    """One usable trial at the search's fidelity.

    Attributes:
        round: the step that ran it.
        method: who proposed it.
        objective: measured; lower is better.
        foreseen: what the surrogate says of it without having seen it; None where it was not fitted.
    """

    round: str
    method: str
    objective: float
    foreseen: float | None


class Noise(NamedTuple):
    """Seed noise: standard deviation, its upper limit, and the signal over it."""

    sd: float | None
    upper: float | None
    snr: float | None


class Target(NamedTuple):
    """One target: its weight in the objective, its noise in bits per byte, the surrogate's rank correlation."""

    name: str
    weight: float
    noise: Noise
    rank: float | None
    is_weak: bool


@dataclass(frozen=True)
class Search:
    """What was tried and what was learnt.

    Attributes:
        points: in the order of the trials.
        targets: in the order of the configuration.
        noise: of the objective.
        controls: objectives of the controls at the search's fidelity.
        method: registered name.
        surrogate: registered name, or for `auto` what was chosen by target.
        final_trials: how many trials compared the winner with the controls.
        failed: how many trials have no losses.
    """

    points: tuple[Point, ...]
    targets: tuple[Target, ...]
    noise: Noise
    controls: Mapping[str, float]
    method: str
    surrogate: str
    final_trials: int
    failed: int


def read_search(artefacts: Artefacts) -> Search | None:
    """Return what was tried; None before the search."""
    if "search" not in artefacts:
        return None
    sealed = artefacts["search"]
    found: Mapping[str, Any] = read_json(sealed.file("search.json"))
    config: Any = sealed.manifest.identity["config"]
    trials = read_table(sealed.file("trials.parquet")).to_pylist()
    searched = [trial for trial in trials if trial["round"] != FINAL]
    objectives: Mapping[str, float] = found["objectives"]
    foreseen: Mapping[str, float] = found["foreseen"]
    points = [
        Point(trial["round"], printable(trial["method"], 30), objectives[name], foreseen.get(name))
        for trial in searched
        if (name := trial["trial"]) in objectives
    ]
    return Search(
        points=tuple(points),
        targets=tuple(_target(name, found) for name in found["targets"]),
        noise=_noise(found["noise"]["objective"]),
        controls=found["controls"],
        method=config["method"],
        surrogate=config["surrogate"],
        final_trials=len(trials) - len(searched),
        failed=sum(trial["status"] != OK for trial in trials),
    )


def _target(name: str, found: Mapping[str, Any]) -> Target:
    noise = _noise(found["noise"]["targets"][name])
    rank = found["evidence"].get("rank", {}).get(name)
    return Target(printable(name, 40), found["targets"][name], noise, rank, name in found["noise"]["weak"])


def _noise(figures: Mapping[str, float | None]) -> Noise:
    return Noise(figures["sd"], figures["upper"], figures["snr"])
