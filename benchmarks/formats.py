"""Writing every shard format against its reference writer, and tokenising against the library's own batches.

The documents of the sample as one shard; formats of tokens from tokens to files. The reference writers lie in the
folders of `make test-readers` and work in processes of their own (`formats_side.py`) on the same rows, handed over as a
file and turned into what they take before the clock starts; all write to memory. Parquet's is `datasets.to_parquet` at
our compression, that of JSON lines datatrove's `JsonlWriter` under zstd. Each round is ours, then theirs, both on one
thread; a ratio is that of a round, and above 1 where ours is faster. CPU seconds are what other work on the machine
disturbs least.

Tokenising is ours, tokens in a file, against `encode_batch` and `encode_batch_fast` over all texts, whose tokens are
then dropped: in one worker, on one thread, and on all cores, a worker of ours on each against the library's threads.

    make test-readers && python -m benchmarks.formats [--corpus FOLDER] [--readers .readers] [--rounds 5]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.workers import worker_pool
from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout, TokenShard
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS
from mixpipe.tokenizer import end_token, load_tokenizer, train_tokenizer, vocabulary_size

REPOSITORY = Path(__file__).resolve().parents[1]
CORPUS = REPOSITORY.parent / "shared" / "data" / "corpus" / "sample"
READERS = {"streaming": ("mds",), "libraries": ("parquet", "jsonl", "webdataset", "megatron", "datatrove")}
MEMORY = Path("/dev/shm")  # a folder in memory, where the system has one: what is measured is no disk
TRAINED_ON = 1000  # documents
TOKENISED = 4800  # documents, two seconds of both cores: of a tenth as many, most would be starting and waiting
VOCABULARY = 32_000
BATCHES = ("encode_batch", "encode_batch_fast")
PIECES = 8  # for each process, which takes the next when it is done with one, as with shards


class Cost(NamedTuple):
    """Of one call."""

    seconds: float
    cpu_seconds: float


Call = Callable[[], Cost]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--readers", type=Path, default=REPOSITORY / ".readers")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    pa.set_cpu_count(1)
    rows = read_rows(arguments.corpus)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        folder = Path(scratch)
        encoder = load_encoder(rows.slice(0, TRAINED_ON), folder)
        with encoded([rows], encoder, folder) as shard:
            hand_over(rows, shard, folder)
            writing = write_in_turn(rows, shard, folder, arguments.readers, arguments.rounds)
            tokens = len(shard.ids)
        tokenising = tokenise_in_turn(folder, arguments.rounds)
    mib = rows["text"].nbytes / 2**20
    facts = {"documents": rows.num_rows, "text_mib": round(mib, 1), "tokens": tokens, "rounds": arguments.rounds}
    print(json.dumps({**facts, "writing": figures(writing, mib), "tokenising": figures(tokenising)}, indent=2))


def read_rows(corpus: Path) -> pa.Table:
    texts = [text for file in sorted(corpus.glob("*.parquet")) for text in pq.read_table(file)["text"].to_pylist()]
    same = {"domain": 0, "domain_name": "made", "copy": 0, "copies": 1, "source": "s", "n_tokens": 0, "meta": "{}"}
    rows = [{"id": text_id(text), "text": text, "quality": 0.5, **same} for text in texts]
    return pa.Table.from_pylist(rows, schema=SHARDS)


def load_encoder(rows: pa.Table, folder: Path) -> Encoder:
    """Return the encoder of a tokenizer in a folder, trained on some rows if there is none."""
    if not (folder / "tokenizer.json").exists():
        (folder / "tokenizer.json").write_text(train_tokenizer(rows["text"].to_pylist(), VOCABULARY), "utf-8")
    tokenizer = load_tokenizer(str(folder))
    return Encoder(tokenizer, TokenLayout(vocabulary_size(tokenizer), end_token(tokenizer)), "")


def hand_over(rows: pa.Table, shard: TokenShard, folder: Path) -> None:
    with pa.ipc.new_file(str(folder / "rows.arrow"), rows.schema) as file:
        file.write_table(rows)
    np.save(folder / "ids.npy", shard.ids)
    np.save(folder / "lengths.npy", shard.written()["n_encoded"].to_numpy())


def write_in_turn(
    rows: pa.Table, shard: TokenShard, folder: Path, readers: Path, rounds: int
) -> dict[str, list[tuple[Cost, Cost]]]:
    """Return (ours, theirs) of every round, by format."""
    sides = [side(readers / environment, folder, names) for environment, names in READERS.items()]
    pairs = {name: (ours(name, rows, shard, folder), theirs) for found in sides for name, theirs in found.items()}
    return {name: [(mine(), other()) for _ in range(rounds + 1)][1:] for name, (mine, other) in pairs.items()}


def side(libraries: Path, folder: Path, names: tuple[str, ...]) -> dict[str, Call]:
    """Start a process that finds some libraries; return its writers."""
    if not libraries.is_dir():
        raise SystemExit(
            f"expected the trainers' libraries in {libraries}, found none; `make test-readers` installs them"
        )
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.formats_side", str(folder), *names]
    environment = {**os.environ, "PYTHONPATH": f"{libraries.resolve()}:{REPOSITORY}"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )

    def call(name: str) -> Cost:
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        return Cost(*map(float, process.stdout.readline().split()))

    return {name: lambda name=name: call(name) for name in names}


def ours(name: str, rows: pa.Table, shard: TokenShard, folder: Path) -> Call:
    form = load_format(name)
    path = folder / f"ours{form.suffix}"
    if isinstance(form, TokenFormat):
        return lambda: timed(lambda: form.write(path, shard))
    return lambda: timed(lambda: form.write(path, [rows]))


def timed(call: Callable[[], object]) -> Cost:
    seconds, cpu = time.perf_counter(), time.process_time()
    call()
    return Cost(time.perf_counter() - seconds, time.process_time() - cpu)


def tokenise_in_turn(folder: Path, rounds: int) -> dict[str, list[tuple[Cost, Cost]]]:
    cores = os.cpu_count() or 1
    step = -(-TOKENISED // (PIECES * cores))
    pieces = [(start, min(step, TOKENISED - start)) for start in range(0, TOKENISED, step)]
    found: dict[str, list[tuple[Cost, Cost]]] = {}
    os.environ["TOKENIZERS_PARALLELISM"] = "true"  # in this process; workers have their own environment
    open_worker(folder)
    with worker_pool(1, open_worker, folder) as one, worker_pool(cores, open_worker, folder) as all_of_them:
        all_of_them.map(tokenise, pieces, chunksize=1)  # the processes are there
        for _ in range(rounds):
            for name in BATCHES:
                costs = one.apply(timed_tokenise), one.apply(timed_batch, (name,))
                found.setdefault(name, []).append(costs)
                spent = timed(lambda: all_of_them.map(tokenise, pieces, chunksize=1))
                found.setdefault(f"{name}, all cores", []).append((spent, timed_batch(name)))
    return found


_worker: list[Any] = []  # this process's rows, encoder and folder


def open_worker(folder: Path) -> None:
    with pa.OSFile(str(folder / "rows.arrow")) as file:
        rows = pa.ipc.open_file(file).read_all()
    _worker[:] = rows, load_encoder(rows, folder), folder


def tokenise(piece: tuple[int, int]) -> None:
    rows, encoder, folder = _worker
    with encoded([rows.slice(*piece)], encoder, folder):
        pass


def timed_tokenise() -> Cost:
    return timed(lambda: tokenise((0, TOKENISED)))


def timed_batch(name: str) -> Cost:
    rows, encoder, _ = _worker
    texts = rows["text"][:TOKENISED].to_pylist()
    return timed(partial(getattr(encoder.tokenizer, name), texts, add_special_tokens=False))


def figures(rounds: dict[str, list[tuple[Cost, Cost]]], mib: float | None = None) -> dict[str, Any]:
    """Return the ratios of theirs to ours by name, and the text that each writes in a CPU second."""
    found: dict[str, Any] = {}
    for name, pairs in rounds.items():
        found[name] = {
            "ratio_of_seconds": spread([theirs.seconds / mine.seconds for mine, theirs in pairs]),
            "ratio_of_cpu_seconds": spread([theirs.cpu_seconds / mine.cpu_seconds for mine, theirs in pairs]),
        }
        if mib:
            sides = {"ours": [mine for mine, _ in pairs], "theirs": [theirs for _, theirs in pairs]}
            speeds = {side: round(mib / min(cost.cpu_seconds for cost in costs), 1) for side, costs in sides.items()}
            found[name]["mib_per_cpu_second"] = speeds
        elif name.endswith("all cores"):  # a pool's CPU time is its processes'
            del found[name]["ratio_of_cpu_seconds"]
    return found


def spread(ratios: list[float]) -> dict[str, float]:
    return {"median": round(median(ratios), 2), "lowest": round(min(ratios), 2), "highest": round(max(ratios), 2)}


if __name__ == "__main__":
    main()
