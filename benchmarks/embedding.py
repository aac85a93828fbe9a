"""Embedding throughput: plain `SentenceTransformer.encode` against ours, same model, same texts, one run.

The rival has its defaults and all cores for its threads. Ours is what a run does: parts of documents over one-thread
processes, one per core, loaded beforehand as the rival is. Both sides alternate and the ratio of each pair counts, so
that other work on the machine hits both. Cosines are between the two sides' vectors.

    python -m benchmarks.embedding [--documents 600] [--rounds 3] [--dtype auto|float32|bfloat16] [--corpus FOLDER]
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow.parquet as pq

from benchmarks.workers import worker_pool

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
SAMPLE = Path(__file__).resolve().parents[1] / "../shared/data/corpus/sample"
MAX_TOKENS = 256
DOCUMENTS_PER_PART = 50

_encoders: dict[str, object] = {}  # this worker's encoder


def run(corpus: Path, *, documents: int, rounds: int, dtype: str) -> dict[str, object]:
    """Return throughputs, their ratio and the agreement of the vectors."""
    from sentence_transformers import SentenceTransformer

    from mixpipe.models.finding import find_model
    from mixpipe.models.precision import resolve_dtype

    texts = sample(corpus, documents)
    dtype, model = resolve_dtype(dtype, "cpu"), find_model(MODEL)
    rival = SentenceTransformer(str(model), device="cpu")
    workers = os.cpu_count() or 1
    parts = [texts[start : start + DOCUMENTS_PER_PART] for start in range(0, len(texts), DOCUMENTS_PER_PART)]
    pairs = []
    with worker_pool(workers, load, model, dtype) as pool:
        pool.map(encode, [texts[:8]] * (4 * workers), chunksize=1)  # all workers warm
        rival.encode(texts[:8])
        for _ in range(rounds):
            theirs, rival_seconds = timed(lambda: rival.encode(texts, show_progress_bar=False))
            ours, seconds = timed(lambda: np.concatenate(pool.map(encode, parts, chunksize=1)))
            pairs.append((rival_seconds, seconds))
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1)
    return {
        "documents": len(texts),
        "dtype": dtype,
        "workers": workers,
        "sentence_transformers_documents_per_second": round(len(texts) / median(pair[0] for pair in pairs), 2),
        "mixpipe_documents_per_second": round(len(texts) / median(pair[1] for pair in pairs), 2),
        "ratios": [round(theirs / ours, 3) for theirs, ours in pairs],
        "ratio": round(median(theirs / ours for theirs, ours in pairs), 3),
        "cosine_mean": round(float(cosines.mean()), 6),
        "cosine_worst": round(float(cosines.min()), 6),
    }


def sample(corpus: Path, documents: int) -> list[str]:
    """Return evenly spaced texts of a folder of Parquet files."""
    texts = [text for path in sorted(corpus.glob("*.parquet")) for text in pq.read_table(path)["text"].to_pylist()]
    return texts[:: max(1, len(texts) // documents)][:documents]


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def load(model: Path, dtype: str) -> None:
    from mixpipe.embed.encoders import Settings
    from mixpipe.embed.encoders.sentence import SentenceEncoder

    _encoders["sentence"] = SentenceEncoder(Settings(model, MAX_TOKENS, dtype, "cpu"))


def encode(texts: list[str]) -> np.ndarray:
    from mixpipe.store.threads import fixed_threads

    with fixed_threads(1):
        return _encoders["sentence"].encode(texts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--corpus", type=Path, default=SAMPLE)
    arguments = parser.parse_args()
    print(json.dumps(run(**vars(arguments)), indent=2))
