"""What the makers that pick one after another pick first, on two domains of the sample, and how long a block takes.

Documents, embeddings (static), domains and scores are the stages' own. The two found domains are those with the most
documents that the corpus's labels call low quality, among domains where these are fewer than half. Of the quarter of
the documents that is picked first: mean `quality`, share labelled low, and the Vendi score (as a multiple of that of
as many random documents) of the vectors as they are and less their domain's mean.

    python -m benchmarks.selection --root ROOT
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from benchmarks.domains import build, own_ids
from mixpipe.corpus.config import IngestConfig, TargetConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.plan.makers import load_maker
from mixpipe.plan.makers.protocol import Pool
from mixpipe.scores.config import ScoresConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpus"
SEEDS = range(4)
RANDOM_SEEDS = range(40)
QUARTER = 0.25
BLOCK = 4096
CHARACTERS = 16_384
MAKERS: dict[str, tuple[str, dict[str, object]]] = {
    "mig": ("mig", {}),
    "mig, exact gain": ("mig", {"gain": "exact"}),
    "mig, labels from cells": ("mig", {"labels": "cells"}),
    "d4": ("d4", {}),
    "gme": ("gme", {}),
    "gme, sum": ("gme", {"criterion": "sum"}),
    "ideal": ("ideal", {}),
    "structural": ("structural", {}),
    "structural, frequent templates": ("structural", {"template": "frequent"}),
}


class Known(NamedTuple):
    """All documents that no rule dropped: as one pool, with found domains and hidden labels."""

    pool: Pool
    domain: np.ndarray
    names: list[str]
    low: np.ndarray


def known_documents(root: Path) -> Known:
    targets = TargetsConfig(sets={"target": TargetConfig(path=str(DATA / "targets" / "recipes.parquet"))})
    found = {"targets": build(root, "targets", targets, {})}
    found["ingest"] = build(root, "ingest", IngestConfig(paths=(str(DATA / "sample"),)), {})
    for name, config in (
        ("embed", EmbedConfig(encoder="static", dtype="float32")),
        ("domains", DomainsConfig(count=17)),
        ("duplicates", DuplicatesConfig()),
        ("scores", ScoresConfig()),
    ):
        found[name] = build(root, name, config, found)
    labels = read_table(DATA / "labels" / "sample_labels.parquet", ["id", "quality"]).to_pylist()
    low = {row["id"] for row in labels if row["quality"] == "low"}
    documents = rows_of(found["ingest"], ["id", "text", "source", "n_tokens"])
    scores = rows_of(found["scores"], ["quality", "drop_reason"])
    kept = np.flatnonzero(scores["drop_reason"].is_null().to_numpy())
    vectors = np.stack(rows_of(found["embed"], ["vector"])["vector"].to_numpy()).astype(np.float32)
    pool = Pool(
        documents["id"].to_pylist(),
        [text[:CHARACTERS] for text in documents["text"].to_pylist()],
        documents["source"].to_pylist(),
        vectors,
        documents["n_tokens"].to_numpy(),
        {"quality": scores["quality"].to_numpy()},
    )
    names = read_table(found["domains"].file("domains.parquet"), ["name"])["name"].to_pylist()
    domain = rows_of(found["domains"], ["domain"])["domain"].to_numpy()
    is_low = np.array([name in low for name in own_ids(found["ingest"])])
    return Known(part(pool, kept), domain[kept], names, is_low[kept])


def rows_of(artefact: Artefact, columns: list[str]) -> pa.Table:
    return pa.concat_tables(read_table(artefact.file(name), columns) for name in artefact.names())


def part(pool: Pool, rows: np.ndarray) -> Pool:
    ids, texts, sources = ([items[row] for row in rows.tolist()] for items in (pool.ids, pool.texts, pool.sources))
    columns = {name: column[rows] for name, column in pool.columns.items()}
    return Pool(ids, texts, sources, pool.vectors[rows], pool.tokens[rows], columns)


def vendi(vectors: np.ndarray) -> float:
    """Return exp of the entropy of the eigenvalues of K / n, K the cosines of unit rows (n, d)."""
    small = vectors.T @ vectors if len(vectors) > vectors.shape[1] else vectors @ vectors.T
    values = np.linalg.eigvalsh(small.astype(np.float64) / len(vectors))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def centred(vectors: np.ndarray) -> np.ndarray:
    rows = vectors - vectors.mean(axis=0)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def orders(pool: Pool) -> dict[str, list[np.ndarray]]:
    """Return some orders of each arm."""
    n = len(pool.ids)
    found = {"random": [np.random.default_rng(seed).permutation(n) for seed in RANDOM_SEEDS]}
    found["best quality"] = [np.argsort(-pool.columns["quality"], kind="stable")]
    for arm, (name, settings) in MAKERS.items():
        maker = load_maker(name, settings)
        found[arm] = [maker.order(pool, np.random.default_rng(seed)) for seed in SEEDS]
    return found


def compare(pool: Pool, low: np.ndarray) -> dict[str, dict[str, float]]:
    """Return for each arm the means over its orders."""
    n_first = round(QUARTER * len(pool.ids))
    unlike = centred(pool.vectors)
    rows: dict[str, dict[str, float]] = {}
    for arm, given in orders(pool).items():
        measured = [
            {
                "quality": float(pool.columns["quality"][first].mean()),
                "low": float(low[first].mean()),
                "vendi": vendi(pool.vectors[first]),
                "vendi_centred": vendi(unlike[first]),
                "tokens": float(pool.tokens[first].mean()),
            }
            for first in (order[:n_first] for order in given)
        ]
        rows[arm] = {key: float(np.mean([one[key] for one in measured])) for key in measured[0]}
        if arm == "random":
            spread = {key: float(np.std([one[key] for one in measured])) for key in measured[0]}
    for row in rows.values():
        for key in ("vendi", "vendi_centred"):
            row[f"{key}_of_random"] = row[key] / rows["random"][key]
    return {**rows, "random, standard deviation": spread}


def seconds(pool: Pool) -> dict[str, dict[str, float]]:
    """Return CPU seconds of a block of 4,096 documents: as they come, and each joined with the seven that follow."""
    block = part(pool, np.arange(BLOCK))
    texts = [" ".join(block.texts[(row + i) % BLOCK] for i in range(8))[:CHARACTERS] for row in range(BLOCK)]
    long = Pool(block.ids, texts, block.sources, block.vectors, block.tokens, block.columns)
    found: dict[str, dict[str, float]] = {}
    for arm, (name, settings) in MAKERS.items():
        found[arm] = {}
        for kind, given in (("sample", block), ("long", long)):
            started = time.process_time()
            load_maker(name, settings).order(given, np.random.default_rng(0))
            found[arm][kind] = round(time.process_time() - started, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder for the stages' artefacts")
    known = known_documents(parser.parse_args().root)
    sizes = np.bincount(known.domain, minlength=len(known.names))
    lows = np.bincount(known.domain, known.low, minlength=len(known.names))
    chosen = np.argsort(-np.where(lows < sizes / 2, lows, -1), kind="stable")[:2].tolist()
    domains = {}
    for domain in chosen:
        rows = np.flatnonzero(known.domain == domain)
        found = compare(part(known.pool, rows), known.low[rows])
        domains[known.names[domain]] = {"documents": len(rows), "low": float(known.low[rows].mean()), "arms": found}
    print(json.dumps({"domains": domains, "seconds": seconds(known.pool)}))


if __name__ == "__main__":
    main()
