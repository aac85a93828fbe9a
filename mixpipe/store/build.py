"""From a stage's declaration to a sealed artefact, part by part, whoever calls the parts.

    job = open_stage(root, stage, config, inputs)      an Artefact when it is sealed already
    for step in job.steps:
        for part in job.pending(step): run_part(job, step, part)      here, or in a Ray worker; or run_parts
        finish_step(job, step)
    artefact = seal(job)                                              see seal.py

Unfinished work lies in <root>/scratch/<stage>/<fingerprint>/. A part is done when its record in `.done/` exists,
which is written after its files; a rerun after any kill starts at the first part without one.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from mixpipe.errors import StageError, StoreError
from mixpipe.store.artefact import MANIFEST, Artefact, Counts, FileEntry, PartEntry
from mixpipe.store.files import describe_os_error, link_or_copy, read_json, write_json
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.install import artefact_path, file_entry, install
from mixpipe.store.memory import forget_peak, peak_rss_mib
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.store.threads import fixed_threads

__all__ = ["Job", "finish_step", "open_stage", "reopen", "run_part", "run_parts", "stage_identity"]

DONE = ".done"
IDENTITY = "identity.json"


def stage_identity(stage: Stage, config: StageConfig, inputs: Mapping[str, Artefact]) -> dict[str, Json]:
    """Return what decides a stage's bytes: name, version, config, what lies outside the store, inputs."""
    return {
        "stage": stage.name,
        "version": stage.version,
        "config": config.identity(),
        "outside": stage.outside(config),
        "inputs": {name: inputs[name].fingerprint for name in stage.inputs},
    }


@dataclass(frozen=True)
class Job:
    """A stage that is being built."""

    root: Path
    stage: Stage
    context: Context
    identity: Mapping[str, Json]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stage's steps under this config."""
        return self.stage.steps(self.context.config)

    @property
    def fingerprint(self) -> str:
        """The identity of the artefact to be: 32 hex digits."""
        return fingerprint(self.identity)

    def plan(self, step: Step) -> list[Part]:
        """List the parts of a step, checking that their names are unique."""
        parts = step.plan(self.context)
        names = [part.name for part in parts]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise StageError(f"expected distinct part names in {self.stage.name}/{step.name}, found twice: {twice}")
        return parts

    def pending(self, step: Step, parts: list[Part]) -> list[Part]:
        """Return the parts still to be run, after taking over equal parts from sealed artefacts of this stage."""
        return [part for part in parts if self.record(part.name) is None and not self._take_over(step, part)]

    def is_finished(self, step: Step) -> bool:
        """Tell whether the step's reduction has been done."""
        return self.finish_path(step).is_file()

    def record(self, name: str) -> PartEntry | None:
        """Return the record of a finished part, or None."""
        path = self.context.out / DONE / f"{name}.part.json"
        if not path.is_file():
            return None
        entry = PartEntry.model_validate(read_json(path)["entry"])
        whole = all((self.context.out / f.name).stat().st_size == f.bytes for f in entry.files if self._has(f.name))
        return entry if whole and all(self._has(f.name) for f in entry.files) else None

    def reuse_key(self, part: Part) -> str:
        """Return the identity under which equal parts are shared between artefacts of this stage."""
        return fingerprint({"stage": self.stage.name, "version": self.stage.version, "part": part.identity})

    def _has(self, name: str) -> bool:
        return (self.context.out / name).is_file()

    def finish_path(self, step: Step) -> Path:
        """Return where the record of a step's reduction lies."""
        return self.context.out / DONE / f"{step.name}.finish.json"

    @cached_property
    def _sealed_parts(self) -> dict[str, tuple[Artefact, PartEntry]]:
        found: dict[str, tuple[Artefact, PartEntry]] = {}
        for manifest in sorted((self.root / "artifacts" / self.stage.name).glob(f"*/{MANIFEST}")):
            artefact = Artefact.read(manifest.parent)
            for entry in artefact.manifest.parts:
                found.setdefault(entry.identity, (artefact, entry))
        return found

    def _take_over(self, step: Step, part: Part) -> bool:
        key = self.reuse_key(part)
        if not step.keep or key not in self._sealed_parts:
            return False
        artefact, entry = self._sealed_parts[key]
        files = []
        for file in entry.files:
            name = part.name + file.name.removeprefix(entry.name)
            listed = _serving(artefact, step, file)
            if listed is None:
                return False
            link_or_copy(artefact.path / listed.name, self.context.out / name)
            files.append(listed.model_copy(update={"name": name}))
        taken = PartEntry(step=step.name, name=part.name, identity=key, files=tuple(files), counts=entry.counts)
        _write_record(self.context.out, taken, seconds=0.0)
        return True


def open_stage(
    root: Path, stage: Stage, config: StageConfig, inputs: Mapping[str, Artefact], *, threads: int = 1
) -> Artefact | Job:
    """Return the sealed artefact of this stage under this config, or a job that will build it.

    Args:
        root: the store.
        stage: the declaration.
        config: the stage's config.
        inputs: sealed artefacts of (at least) its upstream stages, by name.
        threads: numeric threads per process.

    Raises:
        StoreError: the root cannot be written, or a sealed artefact is damaged.
    """
    missing = [name for name in stage.inputs if name not in inputs]
    if missing:
        raise StageError(f"expected sealed artefacts of {stage.inputs} for {stage.name}, missing {missing}")
    identity = stage_identity(stage, config, inputs)
    digest = fingerprint(identity)
    sealed = artefact_path(root, stage.name, digest)
    out = root / "scratch" / stage.name / digest
    if (sealed / MANIFEST).is_file() or (out / MANIFEST).is_file():
        return install(out, sealed)
    try:
        (out / DONE).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(describe_os_error(error, out)) from error
    write_json(out / DONE / IDENTITY, identity)
    return Job(root, stage, Context(config, _upstream(stage, inputs), out, threads, identity["outside"]), identity)


def reopen(
    root: Path, stage: Stage, config: StageConfig, inputs: Mapping[str, Artefact], digest: str, *, threads: int = 1
) -> Job:
    """Return the job that `open_stage` opened under `digest`, without hashing the outside world again.

    Raises:
        StoreError: there is no such unfinished work.
    """
    out = root / "scratch" / stage.name / digest
    identity = read_json(out / DONE / IDENTITY)
    return Job(root, stage, Context(config, _upstream(stage, inputs), out, threads, identity["outside"]), identity)


def _upstream(stage: Stage, inputs: Mapping[str, Artefact]) -> dict[str, Artefact]:
    return {name: inputs[name] for name in stage.inputs}


def run_part(job: Job, step: Step, part: Part) -> Counts:
    """Write one part and then its record; return its counts. Safe to repeat, safe to kill."""
    return run_parts(job, step, [part])[part.name]


def run_parts(job: Job, step: Step, parts: Sequence[Part]) -> dict[str, Counts]:
    """Write parts, as one program where the step has one, then a record of each; return their counts by name.

    Safe to repeat, safe to kill: parts that have their record are left as they are, and the others are run.
    """
    counts = {part.name: done.counts for part in parts if (done := job.record(part.name))}
    todo = [part for part in parts if part.name not in counts]
    if todo:
        counts.update(_written(job, step, todo))
    return {part.name: counts[part.name] for part in parts}


def _written(job: Job, step: Step, parts: Sequence[Part]) -> dict[str, Counts]:
    out, together = job.context.out, step.together if len(parts) > 1 else None
    # A try that was killed may have left files that this one does not write, and they would be recorded as its own.
    for leftover in [path for part in parts for path in files_of(out, part.name)]:
        leftover.unlink()
    started = time.monotonic()
    pa.default_memory_pool().release_unused()  # what the last part left behind must not add to this one's peak
    forget_peak()
    with fixed_threads(job.context.threads):
        found = together.run(job.context, parts) if together else [step.run(job.context, part) for part in parts]
    counts = {part.name: counted for part, counted in zip(parts, found, strict=True)}
    entries = [
        PartEntry(
            step=step.name,
            name=part.name,
            identity=job.reuse_key(part),
            files=tuple(file_entry(out, path) for path in files_of(out, part.name)),
            counts=counts[part.name],
        )
        for part in parts
    ]
    seconds = (time.monotonic() - started) / len(parts)
    for entry in entries:
        _write_record(out, entry, seconds=seconds, together=len(parts) if together else 1)
    return counts


def finish_step(job: Job, step: Step) -> Counts:
    """Run the step's reduction once all its parts are done; return its counts."""
    path = job.finish_path(step)
    if job.is_finished(step):
        return dict(read_json(path)["counts"])
    started = time.monotonic()
    forget_peak()
    with fixed_threads(job.context.threads):
        counts = step.finish(job.context) if step.finish else {}
    write_json(path, {"counts": counts, "seconds": time.monotonic() - started, "peak_rss_mib": peak_rss_mib()})
    return counts


def _serving(artefact: Artefact, step: Step, file: FileEntry) -> FileEntry | None:
    """Return the whole file of a sealed artefact that gives what `file` held: itself, or its stand-in."""
    if file.name not in artefact.listed:
        name = step.stand_in(artefact, file.name) if step.stand_in else None
        if name is None:
            return None
        file = artefact.listed[name]
    there = artefact.path / file.name
    return file if there.is_file() and there.stat().st_size == file.bytes else None


def files_of(out: Path, part: str) -> list[Path]:
    # A mark behind the name, so that `part-1` does not claim the files of `part-10`.
    return sorted(path for mark in (".", "-") for path in out.glob(f"{part}{mark}*"))


def _write_record(out: Path, entry: PartEntry, *, seconds: float, together: int = 1) -> None:
    record: dict[str, Json] = {
        "entry": entry.model_dump(mode="json"),
        "seconds": seconds,
        "peak_rss_mib": peak_rss_mib(),
        "together": together,
    }
    write_json(out / DONE / f"{entry.name}.part.json", record)
