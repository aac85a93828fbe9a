"""Near duplicates of the shared corpus against its hidden labels: precision, recall, seconds of one core, memory.

A pair is a document that is marked and the one kept instead. It is right where both are in one labelled group
(`labels`), or where their word 5-grams have a Jaccard similarity of 0.7, computed again here with Python's own strings
and sets: all numbers being one word (`similar_numbers_alike`), or as they stand in the text (`similar`). Recall is the
share of the documents in labelled groups, beyond one per group, that are marked. Ingest's exact duplicates count in it,
and where it says `with_exact`. `recall_at` sorts a marker's pairs by similarity and takes as many as stay 95 % right.

    python -m benchmarks.duplicates [--root FOLDER]     (a root that is kept: documents are ingested once)
"""

import argparse
import json
import re
import shutil
import tempfile
import time
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.domains import build, own_ids
from benchmarks.pipeline import SHARED
from mixpipe.corpus.config import IngestConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_table
from mixpipe.store.seal import seal

# How a marker's column of ids kept instead is called, and the column of similarities to it.
MARKERS = {"near": ("near_twin", "near_similarity")}
ALONE = SemanticConfig(enabled=False)
SETTINGS = {
    f"numbers_alike={alike}".lower(): DuplicatesConfig(numbers_alike=alike, semantic=ALONE) for alike in (False, True)
}
SIMILAR, PRECISE = 0.7, 0.95
WORD, NUMBER = re.compile(r"[^\W_]+"), re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Corpus:
    """The corpus as the stage saw it, by row: own ids, content ids, texts, which are exact repeats; labelled groups."""

    own: list[str]
    ids: list[str]
    texts: dict[str, str]
    repeats: np.ndarray
    groups: dict[str, str | None]


def read_corpus(ingest: Artefact, labels: Path) -> Corpus:
    columns = ["id", "text", "duplicate"]
    rows = pa.concat_tables(read_table(ingest.file(name), columns) for name in ingest.names())
    ids = rows["id"].to_pylist()
    known = read_table(labels, ["id", "dup_group"]).to_pylist()
    groups = {row["id"]: row["dup_group"] for row in known}
    texts = dict(zip(ids, rows["text"].to_pylist(), strict=True))
    return Corpus(own_ids(ingest), ids, texts, rows["duplicate"].to_numpy(), groups)


def timed_stage(root: Path, ingest: Artefact, config: DuplicatesConfig) -> tuple[Artefact, dict[str, Any]]:
    """Build the stage on what near duplicates need, the documents; return it with its seconds of one core."""
    stage = replace(DUPLICATES, inputs=("ingest",))
    job = open_stage(root, stage, config, {"ingest": ingest})
    assert not isinstance(job, Artefact)
    started, seconds = time.monotonic(), {}
    for step in job.steps:
        cpu = time.process_time()
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
        seconds[step.name] = round(time.process_time() - cpu, 2)
    wall = time.monotonic() - started
    sealed = seal(job)
    peak = round(float(str(sealed.manifest.provenance["peak_rss_mib"])))
    whole = round(sum(seconds.values()), 1)
    return sealed, {
        "cpu_seconds": whole,
        "wall_seconds": round(wall, 1),
        "by_step": seconds,
        "peak_rss_mib": peak,
        "in_a_pair": sealed.counts["in_a_pair"],
    }


def grams(text: str, *, figures: bool) -> set[tuple[str, ...]]:
    """Return the word 5-grams of a text, made with Python's own strings."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = WORD.findall(plain if figures else NUMBER.sub("0", plain))
    return set(zip(*(words[place:] for place in range(5)), strict=False))


def jaccard(a: set[tuple[str, ...]], b: set[tuple[str, ...]]) -> float:
    return len(a & b) / max(len(a | b), 1)


def judged(corpus: Corpus, twins: pa.Table, marker: str) -> dict[str, Any]:
    """Return a marker's figures."""
    twin, similarity = (twins[name].to_pylist() for name in MARKERS[marker])
    first = {i: own for i, own, again in zip(corpus.ids, corpus.own, corpus.repeats, strict=True) if not again}
    marked = [row for row, kept in enumerate(twin) if kept and not corpus.repeats[row]]
    pairs = [(corpus.own[row], first[twin[row]], corpus.ids[row], twin[row]) for row in marked]
    labels = np.array([same_group(corpus, a, b) for a, b, _, _ in pairs], bool)
    judges = {"labels": labels}
    for name, figures in (("similar", True), ("similar_numbers_alike", False)):
        sides = ((corpus.texts[a], corpus.texts[b]) for _, _, a, b in pairs)
        near = [jaccard(*(grams(text, figures=figures) for text in side)) >= SIMILAR for side in sides]
        judges[f"labels_or_{name}"] = labels | np.array(near, bool)
    exact = np.array(
        [same_group(corpus, corpus.own[row], first[corpus.ids[row]]) for row in np.flatnonzero(corpus.repeats)], bool
    )
    order = np.argsort(-np.array([similarity[row] for row in marked], float), kind="stable")
    return {
        "marked": len(pairs),
        "precision": {name: share(right) for name, right in judges.items()},
        "precision_with_exact": {
            name: share(np.concatenate([right, exact if name == "labels" else np.ones(len(exact), bool)]))
            for name, right in judges.items()
        },
        "recall": recall(corpus, set(marked)),
        "recall_at_precision_0.95": {
            name: recall(corpus, {marked[i] for i in order[: longest_precise(right[order])]})
            for name, right in judges.items()
        },
    }


def longest_precise(right: np.ndarray) -> int:
    """Return how many of the first pairs to take, at most, so that 95 % of them are right."""
    precise = np.flatnonzero(np.cumsum(right) >= PRECISE * np.arange(1, len(right) + 1))
    return int(precise[-1]) + 1 if len(precise) else 0


def recall(corpus: Corpus, marked: set[int]) -> float:
    """Return the share of labelled documents beyond one per group that are marked here or by ingest."""
    members: dict[str, list[bool]] = {}
    for row, own in enumerate(corpus.own):
        if group := corpus.groups[own]:
            members.setdefault(group, []).append(row in marked or bool(corpus.repeats[row]))
    wanted = sum(len(group) - 1 for group in members.values())
    return round(sum(min(sum(group), len(group) - 1) for group in members.values()) / wanted, 4)


def same_group(corpus: Corpus, a: str, b: str) -> bool:
    return corpus.groups[a] is not None and corpus.groups[a] == corpus.groups[b]


def share(right: np.ndarray) -> float:
    return round(float(right.mean()), 4) if len(right) else 1.0


def measure(root: Path) -> dict[str, Any]:
    ingest = build(root, "ingest", IngestConfig(paths=(str(SHARED / "corpus"),)), {})
    shutil.rmtree(root / "artifacts" / DUPLICATES.name, ignore_errors=True)  # or it would be found sealed
    # Before the corpus is in this process's memory.
    built = {name: timed_stage(root, ingest, config) for name, config in SETTINGS.items()}
    corpus = read_corpus(ingest, SHARED / "labels" / "corpus_labels.parquet")
    exact = {"marked": int(corpus.repeats.sum()), "recall": recall(corpus, set())}
    figures: dict[str, Any] = {"documents": len(corpus.own), "exact_of_ingest": exact}
    for name, (sealed, cost) in built.items():
        twins = pa.concat_tables(read_table(sealed.file(part)) for part in sealed.names())
        figures[name] = {"cost": cost, **{marker: judged(corpus, twins, marker) for marker in MARKERS}}
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(asked.root or Path(scratch))))
