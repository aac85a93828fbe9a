"""Whole runs through the command line, timed from outside, with the peak memory of every process."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from mixpipe.runs.run import load_artefacts
from mixpipe.store.files import read_json

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpus"


def target_sets(names: list[str] | None = None) -> dict[str, dict[str, str]]:
    """Return the target section's sets: all of the shared ones, or those named."""
    listed = [target["name"] for target in json.loads((SHARED / "targets" / "targets.json").read_text())]
    return {name: {"path": str(SHARED / "targets" / f"{name}.parquet")} for name in names or listed}


def run_config(corpus: Path, folder: Path, **changes: dict[str, Any] | int) -> Path:
    """Write a configuration over one of the shared corpora and return its path."""
    config = {
        "ingest": {"paths": [str(corpus)]},
        "targets": {"sets": target_sets()},
        "budget_tokens": 3_000_000,
        "domains": {"count": 17},
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    return path


def timed_run(config: Path, root: Path, *options: str) -> dict[str, Any]:
    """Run the pipeline in a process of its own; return seconds and MiB, whole and per stage."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", "run", str(config), "--root", str(root)]
    started = time.monotonic()
    with subprocess.Popen([*command, *options, "--json"], stdout=subprocess.PIPE, text=True) as process:
        peaks: dict[int, tuple[str, float]] = {}
        watcher = threading.Thread(target=watch, args=(process.pid, peaks))
        watcher.start()
        said = process.communicate()[0]
        watcher.join()
    if process.returncode:
        raise SystemExit(f"the run ended with exit code {process.returncode}")
    folder = root / "runs" / config.stem
    record, artefacts = read_json(folder / "run.json"), load_artefacts(folder)
    stages = {
        name: {
            "seconds": record["seconds"][name],
            "peak_rss_mib": round(float(str(artefact.manifest.provenance["peak_rss_mib"]))),
        }
        for name, artefact in artefacts.items()
    }
    return {
        "seconds": round(time.monotonic() - started, 1),
        "overhead_seconds": json.loads(said)["overhead_seconds"],
        "stages": stages,
        "peak_rss_mib_by_process": by_kind(peaks),
    }


def by_kind(peaks: dict[int, tuple[str, float]]) -> dict[str, int]:
    """Return the most MiB of each kind of process."""
    kinds = sorted({kind for kind, _ in peaks.values()})
    return {kind: max(round(mib) for name, mib in peaks.values() if name == kind) for kind in kinds}


def watch(pid: int, peaks: dict[int, tuple[str, float]]) -> None:
    """Record the kind of every process of a run and the most memory that it had, until the run ends."""
    while psutil.pid_exists(pid):
        try:
            main = psutil.Process(pid)
            if main.status() == psutil.STATUS_ZOMBIE:
                return
            for process in [main, *main.children(recursive=True)]:
                note(process, "driver" if process.pid == pid else None, peaks)
        except psutil.NoSuchProcess:
            return
        time.sleep(0.5)


def note(process: psutil.Process, name: str | None, peaks: dict[int, tuple[str, float]]) -> None:
    """Note a process under the name that it has now: a worker of Ray is idle before it is given its work."""
    try:
        kind = name or process.name().split(".")[0]
        before = peaks[process.pid][1] if process.pid in peaks else 0.0
        peaks[process.pid] = kind, max(before, process.memory_info().rss / (1 << 20))
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return
