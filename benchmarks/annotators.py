"""Annotators that need the text alone against datatrove's filters and MinHash: one run, the same files, two processes.

Ours: the scorers asked for, fitted on the documents of the first file, over a pool of processes, one file per task;
then near duplicates, in one process, on the documents as ingest leaves them (reading them is in the scorers' time).
Theirs: `benchmarks/datatrove_side.py` in an environment of its own, because datatrove pins other versions:

    python -m venv DIR && DIR/bin/python -m pip install "datatrove[processing]==0.10.1" spacy tokenizers pyarrow

Both sides read the files and start their processes inside the time; both alternate, and ratios are of neighbours. CPU
seconds of all processes stand beside the seconds: on a machine that does other work only their ratio means anything.
Only the names of scorers are known here, so a scorer that is registered later is measured with `--scorers`.
What either side removes as duplicates is held against the labelled groups of the raced files, exact ones included.

    python -m benchmarks.annotators [--datatrove-python DIR/bin/python] [--parts 2] [--rounds 1] [--scorers gopher,c4]
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from benchmarks.domains import build
from benchmarks.duplicates import SETTINGS, timed_stage
from benchmarks.leak import held_out
from benchmarks.pipeline import SHARED
from benchmarks.removed import groups_of, judged, removed_pairs
from benchmarks.workers import worker_pool
from mixpipe.corpus.config import IngestConfig
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Sample, Scorer, State
from mixpipe.store.fingerprint import text_id

LABELS = SHARED / "labels" / "corpus_labels.parquet"
DEFAULT = ("gopher", "c4", "fineweb", "texture", "licence", "pii", "gibberish", "leak")
SAMPLE = 2000
PROCESSES = 2
MODES = ("drop", "judge", "minhash")
DATATROVE = ("datatrove[processing]==0.10.1", "spacy", "tokenizers", "pyarrow")


class Cost(NamedTuple):
    """Of one run, all its processes together."""

    seconds: float
    cpu_seconds: float


_scorers: dict[str, Scorer] = {}  # this worker's


def load(states: dict[str, State]) -> None:
    _scorers.update({name: load_plugin(SCORERS, name, "scorer")(state) for name, state in states.items()})


def annotate(path: Path) -> tuple[int, dict[str, float]]:
    """Score one file's texts; return their bytes, and the CPU seconds of every scorer."""
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    seconds = dict.fromkeys(_scorers, 0.0)
    for block in Batch(**fields(texts)).blocks():
        for name, scorer in _scorers.items():
            started = time.process_time()
            scorer.score(block)
            seconds[name] += time.process_time() - started
    return sum(len(text.encode("utf-8", "replace")) for text in texts), seconds


def fields(texts: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a batch; scorers of texts alone read none but the texts."""
    n = len(texts)
    return {
        "ids": [""] * n,
        "texts": texts,
        "vectors": np.zeros((n, 1), np.float32),
        "domains": np.zeros(n, np.int32),
        "tokens": np.zeros(n, np.int64),
    }


def fitted(names: Sequence[str], path: Path) -> dict[str, State]:
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()[:SAMPLE]
    content = {**fields(texts), "ids": [text_id(text) for text in texts]}
    sample = Sample(**content, targets=held_out())
    return {name: load_plugin(SCORERS, name, "scorer").fit(sample, ScoresConfig()) for name in names}


def ours(states: dict[str, State], files: Sequence[Path]) -> tuple[Cost, int, dict[str, float]]:
    """Return the cost of the whole, the bytes, and the CPU seconds of every scorer, summed over processes."""
    started, before = time.perf_counter(), children_seconds()
    pool = worker_pool(PROCESSES, load, states)
    done = pool.map(annotate, files, chunksize=1)
    pool.close()
    pool.join()  # only the time of children that ended can be read
    cost = Cost(time.perf_counter() - started, children_seconds() - before)
    return cost, sum(size for size, _ in done), {name: sum(spent[name] for _, spent in done) for name in states}


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def theirs(python: Path, mode: str, corpus: Path) -> tuple[Cost, list[list[str]]]:
    """Return the cost of one mode, and what it removed as duplicates with what it kept instead."""
    with tempfile.TemporaryDirectory() as scratch:
        side = Path(__file__).with_name("datatrove_side.py")
        command = [str(python), str(side), mode, "--corpus", str(corpus), "--scratch", scratch]
        done = subprocess.run([*command, "--workers", str(PROCESSES)], capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(f"expected figures of datatrove's {mode}, exit code {done.returncode}:\n{done.stderr[-999:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Cost(said["seconds"], said["cpu_seconds"]), said.get("removed", [])


def datatrove(folder: Path) -> Path:
    """Make an environment with datatrove and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", *DATATROVE], check=True, stdout=sys.stderr)
    return python


def race(names: Sequence[str], files: Sequence[Path], python: Path, scratch: Path, rounds: int) -> dict[str, Any]:
    """Return throughputs, ratios (above 1: ours is faster) and both sides' duplicates against the labels."""
    corpus = scratch / "corpus"
    corpus.mkdir()
    for path in files:
        (corpus / path.name).symlink_to(path.resolve())
    states = fitted(names, files[0])
    ingest = build(scratch / "store", "ingest", IngestConfig(paths=(str(corpus),)), {})
    runs = []
    for _ in range(rounds):
        said = {mode: theirs(python, mode, corpus) for mode in MODES}
        rival = {mode: took for mode, (took, _) in said.items()}
        cost, size, spent = ours(states, files)
        twins, near = timed_stage(scratch / "store", ingest, SETTINGS["numbers_alike=false"])
        removed = {"mixpipe": removed_pairs(ingest, twins), "datatrove": said["minhash"][1]}
        shutil.rmtree(scratch / "store" / "artifacts" / "duplicates")
        whole = Cost(cost.seconds + near["wall_seconds"], cost.cpu_seconds + near["cpu_seconds"])
        both = (rival["judge"], rival["minhash"])
        rival["judge_and_minhash"] = Cost(sum(one.seconds for one in both), sum(one.cpu_seconds for one in both))
        against = {**dict.fromkeys(("drop", "judge"), cost), "minhash": Cost(near["wall_seconds"], near["cpu_seconds"])}
        runs.append(({**against, "judge_and_minhash": whole}, rival))
    return {
        "files": len(files),
        "megabytes": round(size / 1e6, 1),
        "mixpipe": {"scorers": cost._asdict(), "near_duplicates": near, "both": whole._asdict()},
        "datatrove": {mode: took._asdict() for mode, took in rival.items()},
        "duplicates": {side: judged(pairs, groups_of(files, LABELS)) for side, pairs in removed.items()},
        "mixpipe_mb_per_second_and_core": round(size / 1e6 / sum(spent.values()), 2),
        "scorers_mb_per_second_and_core": {name: round(size / 1e6 / took, 1) for name, took in spent.items()},
        "ratio_of_seconds": {
            mode: round(median(r[mode].seconds / c[mode].seconds for c, r in runs), 2) for mode in rival
        },
        "ratio_of_cpu_seconds": {
            mode: round(median(r[mode].cpu_seconds / c[mode].cpu_seconds for c, r in runs), 2) for mode in rival
        },
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus")
    parser.add_argument("--parts", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--scorers", default=",".join(DEFAULT))
    parser.add_argument("--datatrove-python", type=Path)
    asked = parser.parse_args()
    chosen = sorted(asked.corpus.glob("*.parquet"))[: asked.parts]
    with tempfile.TemporaryDirectory() as folder:
        interpreter = asked.datatrove_python or datatrove(Path(folder) / "venv")
        print(json.dumps(race(asked.scorers.split(","), chosen, interpreter, Path(folder), asked.rounds)))
