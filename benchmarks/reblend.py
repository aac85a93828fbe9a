"""Another mixture over the shards of the sample, which lie by domain: seconds of the whole command, for every trainer.

    python -m benchmarks reblend

The sample of 4,917 documents goes through all stages but the search under its natural mixture (static encoder, formats
Parquet and Megatron, shards of 1 MiB, so that domains have several). Then `mixpipe export --mixture FILE --check
--simulate` is timed from outside, imports included, fastest of three, and no byte of the shards may change. Beside it:
`mixpipe run --set mixture=FILE`, which plans and writes other shards and builds nothing before them.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.pipeline import SHARED, run_config, timed_run
from mixpipe.runs.run import load_artefacts
from mixpipe.shards.exporters import EXPORTERS, load_exporter
from mixpipe.store.files import read_table, write_json

TARGET_SECONDS = 5
ROUNDS = 3
LOCAL = ("--no-prefect", "--engine", "local")
FORMATS = ["parquet", "megatron"]
SHARDS = {"layout": "by-domain", "formats": FORMATS, "shard_mib": 1}


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        config = run_config(SHARED / "sample", folder, embed={"encoder": "static"}, shards=SHARDS)
        run = folder / "root" / "runs" / config.stem
        timed_run(config, folder / "root", *LOCAL, "--until", "scores")
        natural, other = mixtures(run, folder)
        first = timed_run(config, folder / "root", *LOCAL, "--set", f"mixture={natural}")
        before = contents(run)
        seconds = {name: fastest(run, name, other) for name in sorted(EXPORTERS) if reads(name)}
        if contents(run) != before:
            raise SystemExit("a shard was touched")
        anew = timed_run(config, folder / "root", *LOCAL, "--set", f"mixture={other}")
    stages = ("search", "plan", "shards")
    return {
        "export_seconds": seconds,
        "slowest_seconds": max(seconds.values()),
        "target_seconds": TARGET_SECONDS,
        "shards": len(before),
        "run_with_another_mixture": {"seconds": anew["seconds"], "stages": built(anew, stages)},
        "first_run": {"seconds": first["seconds"], "stages": built(first, stages)},
    }


def mixtures(run: Path, folder: Path) -> tuple[Path, Path]:
    """Write the natural mixture and one that turns its shares round; return both files."""
    rows = read_table(load_artefacts(run)["domains"].file("domains.parquet")).to_pylist()
    tokens = {row["name"]: row["tokens"] for row in rows}
    total, shares = sum(tokens.values()), sorted(tokens.values())
    turned = dict(zip(sorted(tokens, key=lambda name: -tokens[name]), shares, strict=True))
    paths = folder / "natural.json", folder / "turned.json"
    for path, found in zip(paths, (tokens, {name: (tokens[name] + turned[name]) / 2 for name in tokens}), strict=True):
        write_json(path, {name: count / total for name, count in found.items()})
    return paths


def reads(trainer: str) -> bool:
    about = load_exporter(trainer).about
    return not about.applied and not about.alone and about.formats[0] in FORMATS


def fastest(run: Path, trainer: str, mixture: Path) -> float:
    asked = ["--to", trainer, "--mixture", str(mixture), "--check", "--simulate", "--out", str(run / "blend" / trainer)]
    command = [sys.executable, "-c", "from flows.cli import main; main()", "export", str(run), *asked]
    seconds = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.monotonic() - started)
    return round(min(seconds), 2)


def contents(run: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every shard."""
    found = ((path, path.stat()) for path in (run / "train" / "data").rglob("*") if path.is_file())
    return {str(path): (held.st_size, held.st_mtime_ns) for path, held in found}


def built(timed: dict[str, Any], stages: tuple[str, ...]) -> dict[str, float]:
    return {name: timed["stages"][name]["seconds"] for name in stages}


if __name__ == "__main__":
    print(json.dumps(measure()))
