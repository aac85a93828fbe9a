"""Peak memory of the stage `shards` on the sample and on eight times the sample, in every format.

Each run is a fresh process in a worker's environment, which does both passes and the records one part after another;
shards hold 8 MiB of text, so the larger corpus has more of them and no larger ones. The peak is the largest resident
set of any part or reduction (`VmHWM`; pages of mapped files count); beside it stand that of the imports alone, and
`kept`, the most anonymous memory (`RssAnon`) that was left after a part, which shows what leaks. Formats of tokens are
written in one pass, for they share the tokens.

    python -m benchmarks.shard_memory [--formats parquet,jsonl,...] [--times 8]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.stage import SHARDS
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.seal import seal
from mixpipe.store.threads import WORKER_ENVIRONMENT

SHARD_MIB = 8.0
TOKENS = "megatron+datatrove+olmo"
FORMATS = ("parquet", "jsonl", "webdataset", "mds", TOKENS)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--once", nargs=2, metavar=("ROOT", "FORMATS"), help="one run (internal)")
    arguments = parser.parse_args()
    if arguments.once:
        return run_once(Path(arguments.once[0]), arguments.once[1].split("+"))
    with tempfile.TemporaryDirectory() as scratch:
        roots = prepare(Path(scratch), arguments.times)
        peaks = {name: [measure(root, name) for root in roots] for name in arguments.formats.split(",")}
    ratios = {name: round(eight["peak"] / one["peak"], 3) for name, (one, eight) in peaks.items()}
    print(json.dumps({"times": arguments.times, "shard_mib": SHARD_MIB, "peak_rss_mib": peaks, "ratio": ratios}))


def prepare(folder: Path, times: int) -> list[Path]:
    """Seal what the stage reads, of the sample once and `times` over, each in a root of its own."""
    from benchmarks import formats, materialise, memory

    formats.load_encoder(formats.read_rows(formats.CORPUS).slice(0, formats.TRAINED_ON), folder)
    roots = []
    for count in (1, times):
        corpus, root = folder / f"corpus-{count}", folder / f"root-{count}"
        memory.grow(corpus, count)
        root.mkdir()
        materialise.prepare(root, corpus, len(list(corpus.iterdir())))
        roots.append(root)
    return roots


def measure(root: Path, formats: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.shard_memory", "--once", str(root), formats]
    environment = {**os.environ, **WORKER_ENVIRONMENT}
    found: dict[str, float] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    )
    return found


def run_once(root: Path, formats: list[str]) -> None:
    # Of every part, because a part forgets the peak of those before it.
    found = {"imports": [status_mib("VmHWM")], "peak": [], "kept": []}
    config = ShardsConfig(formats=formats, shard_mib=SHARD_MIB)
    if formats == TOKENS.split("+"):
        config = config.model_copy(update={"tokenizer": str(root.parent)})
    inputs = {name: sealed(root, name) for name in ("ingest", "domains", "scores")}
    job = open_stage(root / "shards", SHARDS, config, {**inputs, "plan": sealed(root / "planned", "plan")})
    for step in job.steps:
        parts = job.pending(step, job.plan(step))
        for work in (*(partial(run_part, job, step, part) for part in parts), partial(finish_step, job, step)):
            work()
            found["peak"].append(status_mib("VmHWM"))
            found["kept"].append(status_mib("RssAnon"))
    shards = seal(job).counts["shards"]
    print(json.dumps({**{name: max(values) for name, values in found.items()}, "shards": shards}))


def sealed(root: Path, stage: str) -> Artefact:
    return Artefact.load(next((root / "artifacts" / stage).iterdir()))


def status_mib(field: str) -> float:
    """Return a figure of `/proc/self/status`, in MiB: not `ru_maxrss`, which begins at the parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return round(int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024, 1)


if __name__ == "__main__":
    main()
