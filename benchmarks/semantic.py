"""Semantic duplicates against the corpus's own labels of duplicates, by threshold; and with near duplicates together.

A dropped document is right when the document kept instead is of its labelled group; recall is over all that should go:
of every group of unlike texts all but one. Labels are of the same words (Jaccard of 5-word shingles >= 0.7), so what
says the same in other words counts as wrong: precision is a lower bound. The stage compares by embeddings only what it
found to be no near duplicate. `recall_at_95`: the best recall while 95 % of the marks are right, thresholds chosen on
the labels: of near duplicates alone, from a similarity of 0.65; with what has a cosine above another threshold; and of
near duplicates ranked by similarity + w cosine, the cosine that of the same pair, by w.

    python -m benchmarks.semantic [--root FOLDER] [--only sample|corpus] [--variants]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.domains import build, own_ids
from benchmarks.pipeline import SHARED, target_sets
from benchmarks.quality import ENCODERS
from mixpipe.corpus.config import IngestConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.dealing import unit_rows, vectors_of
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

THRESHOLDS = (0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
RATIOS = (0.0, 0.8, 0.9, 0.95, 0.98)
RULES = ("chain", "greedy", "component")
PRECISION = 0.95
LOWEST = 0.65  # similarity of pairs that are compared with the labels
STEPS = np.arange(LOWEST, 1, 0.005)
COSINE_WEIGHTS = (0.05, 0.1, 0.2, 0.5, 1.0)


def measure(inputs: dict[str, Artefact], root: Path, labels: Path, variants: bool) -> dict[str, Any]:
    """Return figures by threshold on what is no near duplicate, and with those together; by rule and length ratio."""
    truth = Truth(inputs["ingest"], labels)
    started = time.monotonic()
    marks = marked(root, inputs, DuplicatesConfig(semantic=SemanticConfig(threshold=THRESHOLDS[0])))
    seconds = round(time.monotonic() - started, 1)
    near, loose = truth.pairs(marks, "near"), truth.pairs(marks, "semantic")
    lower = marked(root, inputs, DuplicatesConfig(threshold=LOWEST, semantic=SemanticConfig(enabled=False)))
    result = {
        "documents": marks.num_rows,
        "seconds": seconds,
        "near": truth.judge(near),
        "semantic": [{"threshold": t, **truth.judge([p for p in loose if p[1] > t])} for t in THRESHOLDS],
        "recall_at_95": recall_at(truth, inputs["embed"], lower, marks),
    }
    if variants:
        configs = {rule: SemanticConfig(rule=rule) for rule in RULES}
        configs |= {f"length ratio {ratio}": SemanticConfig(min_length_ratio=ratio) for ratio in RATIOS}
        found = {
            name: truth.pairs(marked(root, inputs, DuplicatesConfig(semantic=config)), "semantic")
            for name, config in configs.items()
        }
        result["variants"] = {name: truth.judge(pairs) for name, pairs in found.items()}
    return result


class Truth:
    """The labelled groups of a corpus's distinct texts."""

    def __init__(self, ingest: Artefact, labels: Path) -> None:
        """Read the labels of the documents that ingest read."""
        table = read_table(labels, ["id", "dup_group"])
        group_of = dict(zip(table["id"].to_pylist(), table["dup_group"].to_pylist(), strict=True))
        documents = pa.concat_tables(read_table(ingest.file(name), ["id", "duplicate"]) for name in ingest.names())
        self.ids: list[str] = documents["id"].to_pylist()
        self.first = ~documents["duplicate"].to_numpy()
        self.group = {text: group_of[own] for text, own in zip(self.ids, own_ids(ingest), strict=True)}
        of_first = [self.group[text] for text, first in zip(self.ids, self.first, strict=True) if first]
        held = [group for group in of_first if group is not None]
        self.wanted = len(held) - len(set(held))

    def pairs(self, marks: pa.Table, kind: str) -> list[tuple[bool, float]]:
        """Return of each distinct text that a marker drops whether that is right, and its similarity."""
        columns = (marks["id"].to_pylist(), marks[f"{kind}_twin"].to_pylist(), marks[f"{kind}_similarity"].to_pylist())
        rows = zip(*columns, self.first, strict=True)
        found = ((self.group[own], self.group.get(twin), value) for own, twin, value, first in rows if first and twin)
        return [(a is not None and a == b, value) for a, b, value in found]

    def judge(self, pairs: list[tuple[bool, float]]) -> dict[str, float]:
        """Return precision and recall."""
        right = sum(correct for correct, _ in pairs)
        share = {"precision": right / max(len(pairs), 1), "recall": right / max(self.wanted, 1)}
        return {"dropped": len(pairs), "right": right, **share}

    def columns(self, marks: pa.Table, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Return by distinct text the similarity to its twin, -1 without one, and whether that is of its group."""
        value = marks[f"{kind}_similarity"].fill_null(-1).to_numpy()
        value = np.where(marks[f"{kind}_twin"].is_null().to_numpy(), -1, value)
        groups = [(self.group[own], self.group.get(twin)) for own, twin in self.twins(marks, kind)]
        return value[self.first], np.array([own is not None and own == twin for own, twin in groups])

    def twins(self, marks: pa.Table, kind: str) -> list[tuple[str, str | None]]:
        """Return every distinct text's id and that of its twin."""
        rows = zip(self.ids, marks[f"{kind}_twin"].to_pylist(), self.first, strict=True)
        return [(own, twin) for own, twin, first in rows if first]


def recall_at(truth: Truth, embed: Artefact, near: pa.Table, semantic: pa.Table) -> dict[str, Any]:
    """Return right marks and recall of near duplicates alone, with semantic ones, and ranked by both."""
    similarity, same = truth.columns(near, "near")
    loose, same_loose = truth.columns(semantic, "semantic")
    cosine = twin_cosines(truth, embed, near)
    found = {"near": best(truth, similarity[similarity > 0], same[similarity > 0])}
    unions = []
    for least in STEPS:
        taken = similarity >= least
        both = np.where(taken, 2 + similarity, loose), np.where(taken, same, same_loose)
        unions.append(best(truth, both[0][both[0] > 0], both[1][both[0] > 0], at_least=int(taken.sum())))
    found["union"] = max(unions, key=lambda union: union["right"])
    paired = similarity > 0
    for weight in COSINE_WEIGHTS:
        found[f"similarity + {weight} cosine"] = best(truth, (similarity + weight * cosine)[paired], same[paired])
    return found


def best(truth: Truth, score: np.ndarray, right: np.ndarray, at_least: int = 0) -> dict[str, float]:
    """Return the most right marks among the first by score, not fewer than asked for, of which 95 % are right."""
    order = np.argsort(-score, kind="stable")
    count = np.arange(1, len(order) + 1)
    total = np.cumsum(right[order])
    ends = np.concatenate([np.diff(score[order]) != 0, [True]])[: len(order)]
    allowed = np.flatnonzero((total >= PRECISION * count) & ends & (count >= at_least))
    last = allowed[-1] if len(allowed) else None
    marked_, right_ = (0, 0) if last is None else (int(count[last]), int(total[last]))
    return {"dropped": marked_, "right": right_, "recall": right_ / truth.wanted}


def twin_cosines(truth: Truth, embed: Artefact, marks: pa.Table) -> np.ndarray:
    """Return the cosine of every distinct text to its near twin, 0 without one."""
    vectors = np.concatenate([unit_rows(vectors_of(read_table(embed.file(n))["vector"])) for n in embed.names()])
    vectors, twins = vectors[truth.first], truth.twins(marks, "near")
    row_of = {own: row for row, (own, _) in enumerate(twins)}
    others = np.array([row_of.get(twin, -1) for _, twin in twins])
    return np.where(others < 0, 0, np.einsum("nd,nd->n", vectors, vectors[others]))


def marked(root: Path, inputs: dict[str, Artefact], config: DuplicatesConfig) -> pa.Table:
    """Return TWINS of all documents, in the order of ingest."""
    found = build(root, "duplicates", config, inputs)
    return pa.concat_tables(read_table(found.file(name)) for name in found.names())


def upstream(root: Path, corpus: str) -> dict[str, Artefact]:
    """Build what duplicates are found in, with defaults."""
    targets = build(root, "targets", TargetsConfig.model_validate({"sets": target_sets(["recipes"])}), {})
    ingest = build(root, "ingest", IngestConfig(paths=(str(SHARED / corpus),), source=None), {})
    embed = build(root, "embed", EmbedConfig(encoder=ENCODERS[corpus]), {"ingest": ingest, "targets": targets})
    domains = build(root, "domains", DomainsConfig(), {"ingest": ingest, "embed": embed})
    return {"ingest": ingest, "embed": embed, "domains": domains}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a root that is kept")
    parser.add_argument("--only", choices=sorted(ENCODERS), help="one of the two corpora")
    parser.add_argument("--variants", action="store_true", help="of the sample also each rule and length ratio")
    asked = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        root = asked.root or Path(scratch)
        for name in [asked.only] if asked.only else ENCODERS:
            labels = SHARED / "labels" / f"{name}_labels.parquet"
            figures[name] = measure(upstream(root, name), root, labels, asked.variants and name == "sample")
    print(json.dumps(figures))
