"""What a run has done so far, from its records alone: whether its files are whole is for `verify`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixpipe.config import RunConfig, load_config
from mixpipe.report.facts.phases import Phases, read_phases
from mixpipe.runs.run import built_seconds, load_artefacts, read_run
from mixpipe.search.stop_rule import Outlook, stopped
from mixpipe.search.tally import Tally, tally
from mixpipe.stages import STAGES, StageName
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import DONE, IDENTITY
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import canonical_json

__all__ = ["RunStatus", "StageStatus", "run_status"]


@dataclass(frozen=True)
class StageStatus:
    """One stage of a run.

    Attributes:
        stage: its name.
        state: `sealed`, `under way` or `waiting`.
        parts: parts that are done.
        documents: documents it saw, where it counts them.
        tokens: tokens it saw, where it counts them.
        seconds: wall-clock of building it, by whichever of the store's runs built it; of finding it where none says.
        peak_mib: most memory of any of its processes, MiB.
    """

    stage: str
    state: str
    parts: int
    documents: float | None
    tokens: float | None
    seconds: float | None
    peak_mib: float | None


@dataclass(frozen=True)
class RunStatus:
    """A run and its stages.

    Attributes:
        run: its name.
        stages: in order.
        trials: of the search, as far as it is.
        stop: why the search skipped rounds; None where it has not.
        phases: of the plan; None before it, and where it has one.
    """

    run: str
    stages: tuple[StageStatus, ...]
    trials: Tally
    stop: Outlook | None = None
    phases: Phases | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the status as JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the status for people."""
        head = f"{'stage':<11}{'state':<11}{'parts':>6}{'documents':>12}{'tokens':>14}{'seconds':>9}{'peak MiB':>10}"
        trained = [f"trials   {self.trials}"] if self.trials.proxies else []
        stop = [f"stopped  after {self.stop.round}: {_why(self.stop)}"] if self.stop else []
        phases = _phase_lines(self.phases) if self.phases else []
        return [f"run {self.run}", head, *(_line(stage) for stage in self.stages), *trained, *stop, *phases]


def run_status(folder: Path) -> RunStatus:
    """Return what the run in `<root>/runs/<name>` has done.

    Raises:
        StoreError: this is no run.
    """
    artefacts, found = load_artefacts(folder, Artefact.read), read_run(folder).seconds
    root = folder.resolve().parents[1]
    config, scratch, built = load_config(folder / "config.yaml"), root / "scratch", built_seconds(root)
    done = {
        name: _done_parts(name, config, artefacts, scratch / name) if name not in artefacts else [] for name in STAGES
    }
    stages = [
        _sealed(name, artefacts[name], built.get(artefacts[name].fingerprint, found.get(name)))
        if name in artefacts
        else _unsealed(name, len(done[name]))
        for name in STAGES
    ]
    steps = (
        [part.step for part in artefacts["search"].manifest.parts]
        if "search" in artefacts
        else [str(read_json(path)["entry"]["step"]) for path in done["search"]]
    )
    at = artefacts["search"].path if "search" in artefacts else done["search"][0].parents[1] if done["search"] else None
    stop = stopped(at) if at else None
    trials = tally(steps, config.search.evaluator)
    return RunStatus(folder.resolve().name, tuple(stages), trials, stop, read_phases(artefacts))


def _sealed(name: str, artefact: Artefact, seconds: float | None) -> StageStatus:
    counts, peak = artefact.counts, artefact.manifest.provenance.get("peak_rss_mib")
    peak_mib = float(peak) if isinstance(peak, int | float) else None
    parts = len(artefact.manifest.parts)
    return StageStatus(name, "sealed", parts, counts.get("documents"), counts.get("tokens"), seconds, peak_mib)


def _unsealed(name: str, parts: int) -> StageStatus:
    return StageStatus(name, "under way" if parts else "waiting", parts, None, None, None, None)


def _done_parts(name: StageName, config: RunConfig, artefacts: Mapping[str, Artefact], scratch: Path) -> list[Path]:
    """Return the records of parts of unfinished work of this stage under this run's settings and upstream artefacts.

    Work of other runs of the same root has other settings or inputs. What lies outside the store is not hashed again,
    so of two versions of the input files both are counted.
    """
    wanted = canonical_json(config.section(name).identity())
    found: list[Path] = []
    for path in scratch.glob(f"*/{DONE}/{IDENTITY}"):
        identity = read_json(path)
        known = {stage: artefacts[stage].fingerprint for stage in identity["inputs"] if stage in artefacts}
        if identity["inputs"] == known and canonical_json(identity["config"]) == wanted:
            found += path.parent.rglob("*.part.json")
    return found


def _phase_lines(found: Phases) -> list[str]:
    """Return the tokens of each phase, and how often it reads each domain."""
    width = max(len(name) for name in (*found.names.values(), "epochs"))
    columns = [max(len(phase.name), len(f"{phase.tokens:,}"), 6) for phase in found.phases]

    def line(head: str, cells: Iterable[str]) -> str:
        return "  ".join([head.ljust(width), *(cell.rjust(size) for cell, size in zip(cells, columns, strict=True))])

    rows = [
        line(name, (f"{phase.epochs.get(number, 0.0):.2f}" for phase in found.phases))
        for number, name in sorted(found.names.items())
    ]
    tokens = line("tokens", (f"{phase.tokens:,}" for phase in found.phases))
    reused = f"{found.reused:,} documents are read in more than one phase"
    return ["", line("epochs", (phase.name for phase in found.phases)), *rows, tokens, reused]


def _why(stop: Outlook) -> str:
    return f"gain foreseen {stop.gain or 0:.3f}, below two noise deviations, {stop.floor or 0:.3f}"


def _line(stage: StageStatus) -> str:
    def number(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    return (
        f"{stage.stage:<11}{stage.state:<11}{stage.parts:>6}{number(stage.documents, ',.0f'):>12}"
        f"{number(stage.tokens, ',.0f'):>14}{number(stage.seconds, '.1f'):>9}{number(stage.peak_mib, ',.0f'):>10}"
    )
