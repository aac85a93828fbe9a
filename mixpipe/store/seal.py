"""The end of a stage: the manifest is written last, then the folder moves into place.

Until the manifest is written nothing is removed, so a kill costs no finished part; from then on everything that it does
not list is rubbish, and a kill in the middle is taken up by the next `open_stage`. When two processes build the same
artefact, the first one to move wins and the other's folder goes.
"""

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

import mixpipe
from mixpipe.store.artefact import MANIFEST, Artefact, Counts, Manifest, PartEntry
from mixpipe.store.build import DONE, Job
from mixpipe.store.files import read_json, write_json
from mixpipe.store.install import artefact_path, file_entry, install

__all__ = ["seal"]


def seal(job: Job) -> Artefact:
    """Write the manifest of a job whose steps are all finished, move its folder into place, return the artefact."""
    out = job.context.out
    if not (out / MANIFEST).is_file():
        write_json(out / MANIFEST, _manifest(job).model_dump(mode="json"))
    return install(out, artefact_path(job.root, job.stage.name, job.fingerprint))


def _manifest(job: Job) -> Manifest:
    out, stage = job.context.out, job.stage
    records = [read_json(path) for path in sorted((out / DONE).rglob("*.part.json"))]
    finishes = {step.name: read_json(job.finish_path(step)) for step in job.steps}
    keep = {step.name for step in job.steps if step.keep}
    entries = [PartEntry.model_validate(record["entry"]) for record in records]
    dropped = {file.name for entry in entries if entry.step not in keep for file in entry.files}
    dropped |= {str(path.relative_to(out)) for pattern in stage.scratch for path in out.glob(pattern)}
    known = {file.name: file for entry in entries for file in entry.files}
    manifest = Manifest(
        stage=stage.name,
        version=stage.version,
        fingerprint=job.fingerprint,
        identity=dict(job.identity),
        files=tuple(known.get(name) or file_entry(out, out / name) for name in _names(out) if name not in dropped),
        parts=tuple(entry for entry in entries if entry.step in keep),
        counts=_total(entries, finishes),
        provenance=_provenance(records, finishes),
    )
    return manifest.model_copy(update={"digest": manifest.content_digest()})


def _names(out: Path) -> list[str]:
    """Return the files that a stage has written: all but hidden ones, which are records and leftovers."""
    relative = (path.relative_to(out) for path in out.rglob("*") if path.is_file())
    return sorted(str(path) for path in relative if not any(piece.startswith(".") for piece in path.parts))


def _total(entries: list[PartEntry], finishes: Mapping[str, Mapping[str, Counts]]) -> Counts:
    total: Counts = {}
    for entry in entries:
        for key, value in entry.counts.items():
            total[key] = total.get(key, 0) + value
    for finish in finishes.values():
        total.update(finish["counts"])
    return total


def _provenance(records: list[dict[str, float]], finishes: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    peaks = [record["peak_rss_mib"] for record in [*records, *finishes.values()]]
    return {
        "mixpipe": mixpipe.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "host": platform.node(),
        "sealed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "part_seconds": sum(record["seconds"] for record in records),
        "finish_seconds": {name: finish["seconds"] for name, finish in finishes.items()},
        "peak_rss_mib": max(peaks, default=0.0),
        "together": max((record.get("together", 1) for record in records), default=1),
    }
