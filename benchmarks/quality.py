"""The default quality against hidden labels: area under the ROC curve of every column of every scorer, either sign.

Positives are the documents whose source says that they are of low quality and no spam (logs, menus, minified scripts,
tables, mojibake, uuencoded posts); spam stands beside them, since an advertisement is running text and only a matter of
taste. Negatives are the rest of the corpus. No scorer sees a label or a source. Two corpora: the sample of 4,917
documents with the sentence encoder, on which the blend was chosen, and all 107,313 with the static one, of which those
that are not in the sample confirm the choice (without bfloat16 the transformer takes three hours for them).

    python -m benchmarks.quality [--root FOLDER] [--only sample|corpus]
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from benchmarks.domains import build, own_ids
from benchmarks.pipeline import SHARED, target_sets
from mixpipe.corpus.config import IngestConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.scores.config import ScoresConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

ENCODERS = {"sample": "sentence", "corpus": "static"}
DEFAULTS = ("quality", "quality_raw")
KEPT_FIELDS = ("id", "drop_reason", "twin_id")


def upstream(root: Path, corpus: str) -> dict[str, Artefact]:
    """Build what scores reads, on id and text alone: `source` is mapped to a column that does not exist."""
    targets = build(root, "targets", TargetsConfig.model_validate({"sets": target_sets()}), {})
    ingest = build(root, "ingest", IngestConfig(paths=(str(SHARED / corpus),), source=None), {})
    known = {"targets": targets, "ingest": ingest}
    known["embed"] = build(root, "embed", EmbedConfig(encoder=ENCODERS[corpus]), known)
    known["domains"] = build(
        root, "domains", DomainsConfig(count=17), {name: known[name] for name in ("ingest", "embed")}
    )
    return known


def scored(root: Path, corpus: str, config: ScoresConfig) -> tuple[dict[str, np.ndarray], list[str], Artefact]:
    """Return every column of the scores, the corpus's own ids in the same order, and the artefact of scores."""
    known = upstream(root, corpus)
    scores = build(root, "scores", config, known)
    table = pa.concat_tables(read_table(scores.file(name)) for name in scores.names())
    columns = {name: table[name].to_numpy() for name in table.column_names if name not in KEPT_FIELDS}
    return columns, own_ids(known["ingest"]), scores


def areas(columns: dict[str, np.ndarray], low: np.ndarray, ok: np.ndarray) -> dict[str, float]:
    """Return by column the area for telling `low` from `ok`: lower is worse for the defaults, else either sign."""
    rows = low | ok
    found = {name: float(roc_auc_score(low[rows], -values[rows])) for name, values in columns.items()}
    return {name: area if name in DEFAULTS else max(area, 1 - area) for name, area in found.items()}


def figures(columns: dict[str, np.ndarray], kinds: np.ndarray, ok: np.ndarray) -> dict[str, Any]:
    """Return the areas of the default columns, by kind too, and those of the best others."""
    spam = kinds == "spam"
    low = ~ok & ~spam
    general, of_spam = areas(columns, low, ok), areas(columns, spam, ok)
    others = sorted((area, name) for name, area in general.items() if name not in DEFAULTS)[::-1]
    by_kind = {kind: areas({n: columns[n] for n in DEFAULTS}, kinds == kind, ok) for kind in sorted({*kinds[low]})}
    return {
        "documents": {"ok": int(ok.sum()), "low": int(low.sum()), "spam": int(spam.sum())},
        "low": {name: general[name] for name in DEFAULTS},
        "spam": {name: of_spam[name] for name in DEFAULTS},
        "by_kind": by_kind,
        "best_other": others[0][1],
        "others": {name: {"low": area, "spam": of_spam[name]} for area, name in others},
    }


def measure(root: Path, corpus: str) -> dict[str, Any]:
    columns, ids, _ = scored(root, corpus, ScoresConfig())
    table = read_table(SHARED / "labels" / f"{corpus}_labels.parquet", ["id", "quality", "quality_kind"])
    labels = {row["id"]: row for row in table.to_pylist()}
    kinds = np.array([labels[name]["quality_kind"] or "" for name in ids])
    ok = np.array([labels[name]["quality"] == "ok" for name in ids])
    found = {"encoder": ENCODERS[corpus], **figures(columns, kinds, ok)}
    if corpus == "corpus":
        sampled = set(read_table(SHARED / "labels" / "sample_labels.parquet", ["id"])["id"].to_pylist())
        unseen = np.array([name not in sampled for name in ids])
        rest = {name: values[unseen] for name, values in columns.items()}
        found["not_in_the_sample"] = figures(rest, kinds[unseen], ok[unseen])
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a root that is kept")
    parser.add_argument("--only", choices=sorted(ENCODERS), help="one of the two corpora")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        names = [asked.only] if asked.only else list(ENCODERS)
        print(json.dumps({name: measure(asked.root or Path(scratch), name) for name in names}))
