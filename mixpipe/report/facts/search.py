"""The search: its trials in order with their objectives, the noise, and how well the surrogate foresees."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.search.tally import Tally, tally
from mixpipe.store.files import read_json, read_table

__all__ = ["Noise", "Point", "Search", "Target", "read_search"]

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


@dataclass(frozen=True)
class Search:
    """What was tried and what was learnt.

    Attributes:
        points: noise trials, where they are comparable, and rounds, in the order of the trials.
        targets: in the order of the configuration.
        noise: of the objective.
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
    targets = tuple(_targets(found))
    reasons = [printable(reason, 80) for reason in found["refused"].values()]
    rounds = (point for record in found["rounds"] for point in _points(record))
    return Search(
        points=(*_noise_points(trials, found, targets), *rounds),
        targets=targets,
        noise=_noise(found["noise"]["objective"]),
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


def _noise_points(trials: list[dict[str, Any]], found: Mapping[str, Any], targets: tuple[Target, ...]) -> list[Point]:
    """Return the noise trials, or none where the rounds have another evaluator: another model size or budget."""
    fidelities = {trial["round"]: (trial["model_size"], trial["tokens"]) for trial in trials}
    rounds = {fidelities[record["name"]] for record in found["rounds"] if record["name"] in fidelities}
    refused, centre = found["refused"], found["objective"]["centre"]
    by_name = list(zip(found["targets"], targets, strict=True))
    points = []
    for trial in trials:
        if trial["round"] == NOISE and trial["trial"] not in refused and rounds == {fidelities[NOISE]}:
            losses = dict(trial["target_losses"])
            objective = sum(t.weight * (losses[name] - centre[name]) / t.scale for name, t in by_name)
            bits = sum(t.weight * losses[name] for name, t in by_name)
            points.append(Point(NOISE, objective, bits, None))
    return points


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
