"""The default quality against hidden labels: area under the ROC curve of every column of every scorer, either sign.

Positives are the documents whose source says that they are of low quality and no spam (logs, menus, minified scripts,
tables, mojibake, uuencoded posts); spam stands beside them, since an advertisement is running text and only a matter of
taste. Negatives are the rest of the corpus. No scorer sees a label or a source. Two corpora: the sample of 4,917
documents with the sentence encoder, on which the blend was chosen, and all 107,313 with the static one, of which those
that are not in the sample confirm the choice (without bfloat16 the transformer takes three hours for them).
`added` has the same for the sample with the scorers that are not in the default list. `tilted` is the share of low
quality among the tokens of a plan that keeps the domains' own shares, by what the plan's tilt reads: nothing, the rank
inside the domain (`quality_rank`), the rank in the corpus (`quality`), or their geometric mean.

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
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.plan.copies import value_bins
from mixpipe.plan.makers.tilt import Tilt, quality_tilt
from mixpipe.scores.config import ScoresConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

ENCODERS = {"sample": "sentence", "corpus": "static"}
DEFAULTS = ("quality", "quality_rank")
ADDED = ("dsir", "ngram_classifier", "gio")
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
    known["duplicates"] = build(root, "duplicates", DuplicatesConfig(), known)
    return known


def column(artefact: Artefact, name: str) -> np.ndarray:
    return pa.concat_tables(read_table(artefact.file(file), [name]) for file in artefact.names())[name].to_numpy()


def scored(root: Path, known: dict[str, Artefact], config: ScoresConfig) -> dict[str, np.ndarray]:
    """Return every column of the scores."""
    scores = build(root, "scores", config, known)
    names = read_table(scores.file(scores.names()[0])).column_names
    return {name: column(scores, name) for name in names if name not in KEPT_FIELDS}


def tilted(known: dict[str, Artefact], columns: dict[str, np.ndarray], low: np.ndarray) -> dict[str, float]:
    """Return the share of `low` among the tokens of plans with the default tilt."""
    domains, tokens = column(known["domains"], "domain"), column(known["ingest"], "n_tokens").astype(np.float64)
    inside, among_all = columns["quality_rank"], columns["quality"]
    ranks = {"nothing": np.full(len(inside), 0.5), "inside": inside, "corpus": among_all}
    found = {}
    for name, rank in {**ranks, "both": np.sqrt(inside * among_all)}.items():
        copies = tokens * quality_tilt(Tilt().strength)[value_bins(rank)]
        scale = np.bincount(domains, tokens) / np.bincount(domains, copies)
        found[name] = float((copies * scale[domains])[low].sum() / tokens.sum())
    return found


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
    known = upstream(root, corpus)
    columns, ids = scored(root, known, ScoresConfig()), own_ids(known["ingest"])
    table = read_table(SHARED / "labels" / f"{corpus}_labels.parquet", ["id", "quality", "quality_kind"])
    labels = {row["id"]: row for row in table.to_pylist()}
    kinds = np.array([labels[name]["quality_kind"] or "" for name in ids])
    ok = np.array([labels[name]["quality"] == "ok" for name in ids])
    low = ~ok & (kinds != "spam")
    found = {"encoder": ENCODERS[corpus], **figures(columns, kinds, ok), "tilted": tilted(known, columns, low)}
    if corpus == "sample":
        chosen = ScoresConfig(scorers=(*ADDED, *ScoresConfig().scorers))
        found["added"] = figures(scored(root, known, chosen), kinds, ok)
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
