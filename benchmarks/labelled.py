"""Classifiers from labelled files against hidden labels: area under the ROC curve on documents that were not labelled.

Of the sample, 4,917 documents, a share drawn by a hash is given as `targets.labelled`, good and bad apart, spam among
the bad; seven tenths, the same whatever the share, are judged, low quality and spam apart, by `classifier` (static
encoder), `ngram_classifier` and `quality`, into whose default blend both go. Share 0: from the targets' texts alone.

    python -m benchmarks.labelled
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from benchmarks.domains import build, own_ids
from benchmarks.pipeline import SHARED, target_sets
from benchmarks.quality import column
from mixpipe.corpus.config import IngestConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.scores.config import ScoresConfig
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_table

SHARES = (0.0, 0.02, 0.1, 0.3)
SCORERS = ("texture", "perplexity", "classifier", "ngram_classifier", "quality")
COLUMNS = ("classifier", "ngram_classifier", "quality")


def labels() -> dict[str, str]:
    """Return by own id `ok`, `low` or `spam`."""
    table = read_table(SHARED / "labels" / "sample_labels.parquet", ["id", "quality", "quality_kind"])
    spam = {row["id"]: "spam" for row in table.to_pylist() if row["quality_kind"] == "spam"}
    return {**dict(zip(table["id"].to_pylist(), table["quality"].to_pylist(), strict=True)), **spam}


def write_labelled(folder: Path, known: dict[str, str], share: float) -> dict[str, Any]:
    """Write the texts of a share of the labelled documents; return the section `targets`."""
    files = sorted((SHARED / "sample").glob("*.parquet"))
    rows = pa.concat_tables([read_table(path, ["id", "text"]) for path in files]).to_pylist()
    sets: dict[str, Any] = {"sets": target_sets()}
    for label in ("positive", "negative") if share else ():
        mine = [
            row for row in rows if is_taught(row["id"], share) and (known[row["id"]] == "ok") == (label == "positive")
        ]
        path = folder / f"{label}-{share}.jsonl"
        path.write_text("".join(json.dumps({"text": row["text"]}) + "\n" for row in mine), encoding="utf-8")
        sets.setdefault("labelled", {})[label] = {"path": str(path)}
    return sets


def is_taught(name: str, share: float) -> bool:
    return bool(keyed_uniforms([name], "benchmarks:labelled")[0] < share)


def measure(root: Path, share: float) -> dict[str, Any]:
    """Return how many texts were given, and the areas by column."""
    known = labels()
    inputs = {"targets": build(root, "targets", TargetsConfig.model_validate(write_labelled(root, known, share)), {})}
    inputs["ingest"] = build(root, "ingest", IngestConfig(paths=(str(SHARED / "sample"),), source=None), {})
    inputs["embed"] = build(root, "embed", EmbedConfig(encoder="static"), inputs)
    inputs["domains"] = build(root, "domains", DomainsConfig(count=17), {n: inputs[n] for n in ("ingest", "embed")})
    inputs["duplicates"] = build(root, "duplicates", DuplicatesConfig(), inputs)
    scores = build(root, "scores", ScoresConfig(scorers=SCORERS, drop=("duplicate",)), inputs)
    ids = own_ids(inputs["ingest"])
    kinds = np.array([known[name] for name in ids])
    judged = np.array([not is_taught(name, max(SHARES)) for name in ids])  # the same documents whatever the share
    areas: dict[str, Any] = {"given": int(inputs["embed"].manifest.counts.get("labelled_documents", 0))}
    for name in COLUMNS:
        values = column(scores, name)
        pairs = {kind: judged & np.isin(kinds, ["ok", kind]) for kind in ("low", "spam")}
        areas[name] = {kind: float(roc_auc_score(kinds[of] == "ok", values[of])) for kind, of in pairs.items()}
    return areas


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps({str(share): measure(Path(scratch), share) for share in SHARES}))
