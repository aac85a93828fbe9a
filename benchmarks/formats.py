"""Writing speed of every shard format against `datasets.to_parquet`, and tokenising against the library's own batches.

The documents of the sample as one shard, in one process and one thread, in seconds of the processor. Formats of tokens
are timed from tokens to files; `tokenise` is what comes before, once for all of them, against `encode_batch` and
`encode_batch_fast` over all texts at once, whose tokens are then dropped. Rounds alternate; figures are of the fastest
round of each, because other work on the machine only ever adds to them.

    python -m benchmarks.formats [--corpus ../shared/data/corpus/sample] [--rounds 5]
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout, TokenShard
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS
from mixpipe.tokenizer import end_token, load_tokenizer, train_tokenizer, vocabulary_size

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpus" / "sample"
TRAINED_ON = 1000  # documents
VOCABULARY = 32_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    rows = read_rows(arguments.corpus)
    texts = rows["text"].to_pylist()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "tokenizer.json").write_text(train_tokenizer(texts[:TRAINED_ON], VOCABULARY), encoding="utf-8")
        tokenizer = load_tokenizer(str(folder))
        encoder = Encoder(tokenizer, TokenLayout(vocabulary_size(tokenizer), end_token(tokenizer)), "")
        writers = {"datasets.to_parquet": lambda: to_parquet(rows, folder / "theirs.parquet")}
        tokenising = {
            "tokenise": lambda: tokenise(rows, encoder, folder),
            "encode_batch": lambda: len(tokenizer.encode_batch(texts, add_special_tokens=False)),
            "encode_batch_fast": lambda: len(tokenizer.encode_batch_fast(texts, add_special_tokens=False)),
        }
        with encoded([rows], encoder, folder) as shard:
            for name in FORMATS:
                writers[name] = writer_of(name, rows, shard, folder)
            seconds = measure({**writers, **tokenising}, arguments.rounds)
            tokens = len(shard.ids)
    mib = rows["text"].nbytes / 2**20
    print(json.dumps(figures(seconds, mib, tokens, rows.num_rows), indent=2))


def read_rows(corpus: Path) -> pa.Table:
    texts = [text for file in sorted(corpus.glob("*.parquet")) for text in pq.read_table(file)["text"].to_pylist()]
    same = {"domain": 0, "domain_name": "made", "copy": 0, "copies": 1, "source": "s", "n_tokens": 0, "meta": "{}"}
    return pa.Table.from_pylist([{"id": text_id(text), "text": text, **same} for text in texts], schema=SHARDS)


def to_parquet(rows: pa.Table, path: Path) -> None:
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    Dataset(rows).to_parquet(path)


def tokenise(rows: pa.Table, encoder: Encoder, folder: Path) -> None:
    with encoded([rows], encoder, folder):
        pass


def writer_of(name: str, rows: pa.Table, shard: TokenShard, folder: Path) -> Callable[[], object]:
    form = load_format(name)
    path = folder / f"train{form.suffix}"
    if isinstance(form, TokenFormat):
        return lambda: form.write(path, shard)
    return lambda: form.write(path, [rows])


def measure(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.process_time()
            call()
            seconds[name].append(time.process_time() - started)
    return seconds


def figures(seconds: dict[str, list[float]], mib: float, tokens: int, rows: int) -> dict[str, Any]:
    def ratio(name: str, other: str) -> float:
        return round(min(seconds[other]) / min(seconds[name]), 2)

    return {
        "documents": rows,
        "text_mib": round(mib, 1),
        "tokens": tokens,
        "mib_per_cpu_second": {name: round(mib / min(found), 1) for name, found in seconds.items()},
        "speed_over_to_parquet": {name: ratio(name, "datasets.to_parquet") for name in FORMATS},
        "tokenise_over": {name: ratio("tokenise", name) for name in ("encode_batch", "encode_batch_fast")},
    }


if __name__ == "__main__":
    main()
