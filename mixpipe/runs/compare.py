"""In what two runs differ: settings, inputs, stages, hardware, mixture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixpipe.runs.run import load_artefacts
from mixpipe.stages import STAGES
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import differences
from mixpipe.store.stage import HANDED_DOWN

__all__ = ["Comparison", "compare_runs"]

HARDWARE = ("machine", "python", "mixpipe", "together")  # the last: most parts of one program
UPSTREAM = "inputs."  # a difference that follows from one in an earlier stage
MOST = 5  # lines of one kind
LONGEST = 100  # characters of a line; lists of input files are longer


@dataclass(frozen=True)
class Comparison:
    """The differences of two runs.

    Attributes:
        same: stages with one and the same artefact.
        changed: stage -> lines `field: old -> new` of what decides its bytes.
        outputs: stage -> files whose bytes differ although everything that decides them is equal.
        hardware: stage -> lines of what the manifests say of the machines, where it differs.
        mixture: domain name -> shares in both runs (null: not in that run), where they differ.
    """

    same: tuple[str, ...]
    changed: dict[str, list[str]]
    outputs: dict[str, list[str]]
    hardware: dict[str, list[str]]
    mixture: dict[str, tuple[float | None, float | None]]

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the comparison for people: what was changed, what follows from it, which shares moved most."""
        own = {
            stage: [line for line in lines if not line.startswith(UPSTREAM)] for stage, lines in self.changed.items()
        }
        follows = [stage for stage, lines in own.items() if not lines]
        return [
            f"same      {', '.join(self.same) or 'no stage'}",
            *_folded("changed", {stage: [_setting(stage, line) for line in lines] for stage, lines in own.items()}),
            *([f"follows   {', '.join(follows)}"] if follows else []),
            *_folded("bytes", self.outputs),
            *_folded("hardware", self.hardware),
            *_moved(self.mixture),
        ]


def _setting(stage: str, line: str) -> str:
    """Return a line with the setting as it stands in a configuration: `plan.sort`, and `seed` for all stages."""
    field = line.removeprefix("config.")
    is_shared = field == line or field.split(":")[0] in HANDED_DOWN
    return field if is_shared else f"{stage}.{field}"


def _folded(title: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return each different line once, with the stages it is true of, and no more than MOST of one stage."""
    stages: dict[str, list[str]] = {}
    more = []
    for stage, lines in groups.items():
        for line in lines[:MOST]:
            stages.setdefault(line, []).append(stage)
        if len(lines) > MOST:
            more.append(f"{title:<9} {stage}: {len(lines) - MOST} more; see --json")
    return [f"{title:<9} {', '.join(names)}: {_short(line)}" for line, names in stages.items()] + more


def _moved(mixture: Mapping[str, tuple[float | None, float | None]]) -> list[str]:
    """Return the shares that moved most, the largest move first, then how many others did and at most how far."""
    moves = {name: abs((new or 0.0) - (old or 0.0)) for name, (old, new) in mixture.items()}
    shown = [name for name, (old, new) in mixture.items() if _share(old) != _share(new)]
    largest = sorted(shown, key=lambda name: -moves[name])
    lines = [f"mixture   {name}: {_share(mixture[name][0])} -> {_share(mixture[name][1])}" for name in largest[:MOST]]
    rest = largest[MOST:]
    return [*lines, f"mixture   {len(rest)} more, by at most {moves[rest[0]]:.4f} each"] if rest else lines


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def compare_runs(folder: Path, other: Path) -> Comparison:
    """Compare the runs in two folders `<root>/runs/<name>`, which may have different roots.

    Raises:
        StoreError: one of them is no run.
    """
    old, new = load_artefacts(folder), load_artefacts(other)
    both: list[str] = [stage for stage in STAGES if stage in old and stage in new]
    equal = [stage for stage in both if old[stage].fingerprint == new[stage].fingerprint]
    changed = {stage: _identity_changes(old[stage], new[stage]) for stage in both if stage not in equal}
    for stage in (stage for stage in STAGES if (stage in old) != (stage in new)):
        changed[stage] = [f"only in {folder if stage in old else other}"]
    outputs = {stage: _changed_files(old[stage], new[stage]) for stage in equal}
    hardware = {stage: _hardware_changes(old[stage], new[stage]) for stage in both}
    return Comparison(
        same=tuple(equal),
        changed=changed,
        outputs={stage: files for stage, files in outputs.items() if files},
        hardware={stage: lines for stage, lines in hardware.items() if lines},
        mixture=_mixture_changes(old.get("plan"), new.get("plan")),
    )


def _identity_changes(old: Artefact, new: Artefact) -> list[str]:
    return list(differences(old.manifest.identity, new.manifest.identity))


def _hardware_changes(old: Artefact, new: Artefact) -> list[str]:
    pairs = [(key, old.manifest.provenance.get(key), new.manifest.provenance.get(key)) for key in HARDWARE]
    return [f"{key}: {before} -> {after}" for key, before, after in pairs if before != after]


def _changed_files(old: Artefact, new: Artefact) -> list[str]:
    before = {entry.name: entry.sha256 for entry in old.manifest.files}
    after = {entry.name: entry.sha256 for entry in new.manifest.files}
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _mixture_changes(old: Artefact | None, new: Artefact | None) -> dict[str, tuple[float | None, float | None]]:
    before, after = _shares(old), _shares(new)
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _shares(plan: Artefact | None) -> dict[str, float]:
    if plan is None:
        return {}
    phases = read_json(plan.file("mixture.json"))["phases"]
    return {
        f"{phase['name']}/{domain['name']}": float(domain["weight"]) for phase in phases for domain in phase["domains"]
    }


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
