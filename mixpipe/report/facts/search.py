"""The search: its trials in order with their objectives, the noise, and how well the surrogate foresees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.search.stop_rule import Outlook
from mixpipe.search.tally import Tally, tally
from mixpipe.store.files import read_json, read_table

__all__ = ["Compromise", "Drawn", "Noise", "Point", "Search", "Target", "read_search"]

NOISE = "noise"  # the round that repeats the natural mixture over seeds


class Point(NamedTuple):
    """One usable trial at the search's fidelity.

    Attributes:
        round: the step that ran it.
        objective: measured; lower is better.
        bits: weighted mean over targets, bits per byte.
        predicted: the objective foreseen from the rounds before it; None where there were too few.
    """

    round: str
    objective: float
    bits: float
    predicted: float | None


class Noise(NamedTuple):
    """Seed noise: standard deviation, its one-sided 95 % upper limit, and the signal over it; None: not measured."""

    sd: float | None
    upper: float | None
    snr: float | None


class Target(NamedTuple):
    """One target.

    Attributes:
        name: of the held-out set.
        weight: in the objective; the weights sum to 1.
        scale: standard deviation over the search's trials, bits per byte: the target's unit in the objective.
        noise: bits per byte.
        rank: held-out rank correlation of the surrogate; None where it was not fitted.
        screened: the experts' screen helps to foresee it.
        weak: its signal over noise after the first round, where that was too little and cost it its weight; else None.
    """

    name: str
    weight: float
    scale: float
    noise: Noise
    rank: float | None
    screened: bool
    weak: float | None


class Drawn(NamedTuple):
    """The draws of a round: how many, and how many of them the method's caps refused."""

    round: str
    drawn: int
    refused: int


class Compromise(NamedTuple):
    """A trial that no other beats on every target that has a weight.

    Attributes:
        trial: the beginning of its fingerprint.
        objective: lower is better.
        losses: bits per byte by target with a weight, in their order.
    """

    trial: str
    objective: float
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Search:
    """What was tried and what was learnt.

    Attributes:
        points: noise trials, where they are comparable, and rounds, in the order of the trials.
        targets: in the order of the configuration.
        noise: of the objective.
        objective: its kind.
        front: trials that no other beats on the targets with a weight, the best objective first.
        compared: how many trials the front is of.
        stop: the outlook that ended the rounds; None where all of them ran.
        skipped: the rounds that were not run.
        drawn: of the rounds whose draws the method's caps may refuse.
        natural_because: why the method found nothing better to recommend than the natural mixture; None where it did.
        chosen: which of the method's candidates won the finalists' comparison.
        finalists: mean objective by candidate, under fresh seeds.
        method: registered name.
        surrogate: registered name.
        trained: proxies and experts, those that failed included.
        refused: how many trials failed, by reason.
    """

    points: tuple[Point, ...]
    targets: tuple[Target, ...]
    noise: Noise
    objective: str
    front: tuple[Compromise, ...]
    compared: int
    stop: Outlook | None
    skipped: tuple[str, ...]
    drawn: tuple[Drawn, ...]
    natural_because: str | None
    chosen: str
    finalists: Mapping[str, float]
    method: str
    surrogate: str
    trained: Tally
    refused: Mapping[str, int]

    @property
    def natural(self) -> float | None:
        """The mean objective of the natural mixture over its seeds; None where it is not comparable."""
        values = [point.objective for point in self.points if point.round == NOISE]
        return sum(values) / len(values) if values else None


def read_search(artefacts: Artefacts) -> Search | None:
    """Return what was tried; None before the search, and for a given mixture."""
    if "search" not in artefacts or not artefacts["search"].names("verdict.json"):
        return None
    sealed = artefacts["search"]
    found: Mapping[str, Any] = read_json(sealed.file("search.json"))
    config: Any = sealed.manifest.identity["config"]
    trials = read_table(sealed.file("trials.parquet")).to_pylist()
    reasons = [printable(reason, 80) for reason in found["refused"].values()]
    names = [record["name"] for record in found["rounds"]]
    stop = next((Outlook(**judged) for judged in found["outlooks"] if judged["stops"]), None)
    noise = {"name": NOISE, "trials": found["noise"]["trials"]}
    return Search(
        points=tuple(point for record in (noise, *found["rounds"]) for point in _points(record)),
        targets=tuple(_targets(found)),
        noise=_noise(found["noise"]["objective"]),
        objective=found["objective"]["kind"],
        front=tuple(_front(trials, found)),
        compared=found["pareto"]["of"],
        stop=stop,
        skipped=() if stop is None else tuple(names[names.index(stop.round) + 1 :]),
        drawn=tuple(
            Drawn(record["name"], record["draws"]["drawn"], record["draws"]["refused"])
            for record in found["rounds"]
            if record["draws"]
        ),
        natural_because=printable(found["evidence"]["reason"], 120) if "reason" in found["evidence"] else None,
        chosen=found["finalists"]["from"],
        finalists=found["finalists"]["objective"],
        method=config["method"],
        surrogate=config["surrogate"] or "its own",
        trained=tally((part.step for part in sealed.manifest.parts), config["evaluator"]),
        refused={reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
    )


def _points(record: Mapping[str, Any]) -> Iterator[Point]:
    for trial in record["trials"]:
        yield Point(record["name"], trial["objective"], trial["bits"], trial["predicted"])


def _front(trials: list[dict[str, Any]], found: Mapping[str, Any]) -> list[Compromise]:
    """Return the trials of the Pareto front with what they measured."""
    records = [*found["noise"]["trials"], *(trial for record in found["rounds"] for trial in record["trials"])]
    objectives = {record["trial"]: record["objective"] for record in records}
    weighted = [name for name, weight in found["targets"].items() if weight > 0]
    losses = {trial["trial"]: dict(trial["target_losses"]) for trial in trials}
    front = [
        Compromise(printable(name, 12), objectives[name], tuple(losses[name][target] for target in weighted))
        for name in found["pareto"]["trials"]
    ]
    return sorted(front, key=lambda compromise: compromise.objective)


def _targets(found: Mapping[str, Any]) -> Iterator[Target]:
    total, evidence = sum(found["targets"].values()), found["evidence"]
    for name, weight in found["targets"].items():
        yield Target(
            name=printable(name, 40),
            weight=weight / total,
            scale=found["objective"]["scale"][name],
            noise=_noise(found["noise"]["targets"][name]),
            rank=evidence.get("rank", {}).get(name),
            screened=evidence.get("screened", {}).get(name, False),
            weak=found["noise"]["weak"].get(name),
        )


def _noise(figures: Mapping[str, float | None]) -> Noise:
    return Noise(figures["sd"], figures["upper"], figures["snr"])
