"""Semantic duplicates against the corpus's own labels of duplicates, by threshold; and with near duplicates together.

A dropped document is right when the document kept instead is of its labelled group; recall is over all that should go:
of every group of unlike texts all but one. Labels are of the same words (Jaccard of 5-word shingles >= 0.7), so what
says the same in other words counts as wrong: precision is a lower bound. The stage compares by embeddings only what it
found to be no near duplicate. `recall_at_95`: with a threshold of its own for each, chosen on the labels.

    python -m benchmarks.semantic --root ROOT --corpus FOLDER --target FILE --labels LABELS.parquet
        [--encoder static] [--variants]
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.domains import build, own_ids
from mixpipe.corpus.config import IngestConfig, TargetConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

THRESHOLDS = (0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
RATIOS = (0.0, 0.8, 0.9, 0.95, 0.98)
RULES = ("chain", "greedy", "component")
PRECISION = 0.95


def measure(inputs: dict[str, Artefact], root: Path, labels: Path, variants: bool) -> dict[str, Any]:
    """Return figures by threshold on what is no near duplicate, and with those together; by rule and length ratio."""
    truth = Truth(inputs["ingest"], labels)
    started = time.monotonic()
    marks = marked(root, inputs, SemanticConfig(threshold=THRESHOLDS[0]))
    seconds = round(time.monotonic() - started, 1)
    near, loose = truth.pairs(marks, "near"), truth.pairs(marks, "semantic")
    result = {
        "documents": marks.num_rows,
        "seconds": seconds,
        "near": truth.judge(near),
        "semantic": [{"threshold": t, **truth.judge([p for p in loose if p[1] > t])} for t in THRESHOLDS],
        "recall_at_95": {"near": truth.recall_at(near, []), "union": truth.recall_at(near, loose)},
    }
    if variants:
        configs = {rule: SemanticConfig(rule=rule) for rule in RULES}
        configs |= {f"length ratio {ratio}": SemanticConfig(min_length_ratio=ratio) for ratio in RATIOS}
        found = {name: truth.pairs(marked(root, inputs, config), "semantic") for name, config in configs.items()}
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

    def recall_at(self, near: list[tuple[bool, float]], other: list[tuple[bool, float]]) -> dict[str, float]:
        """Return the best recall that two thresholds, one for each marker, reach while 95 % of the marks are right."""
        curves = []
        for pairs in (near, other):
            ranked = sorted(pairs, key=lambda pair: -pair[1])
            ends = [i for i in range(len(ranked) + 1) if i in (0, len(ranked)) or ranked[i][1] != ranked[i - 1][1]]
            curves.append((np.cumsum([0, *(correct for correct, _ in ranked)])[ends], np.array(ends)))
        right, dropped = (np.add.outer(curves[0][i], curves[1][i]) for i in (0, 1))
        best = np.where(right >= PRECISION * dropped, right, 0)
        place = np.unravel_index(best.argmax(), best.shape)
        return {"right": int(best.max()), "dropped": int(dropped[place]), "recall": float(best.max()) / self.wanted}


def marked(root: Path, inputs: dict[str, Artefact], config: SemanticConfig) -> pa.Table:
    """Return TWINS of all documents, in the order of ingest."""
    found = build(root, "duplicates", DuplicatesConfig(semantic=config), inputs)
    return pa.concat_tables(read_table(found.file(name)) for name in found.names())


def upstream(root: Path, corpus: Path, target: Path, encoder: str) -> dict[str, Artefact]:
    """Build what duplicates are found in, with defaults."""
    targets = build(root, "targets", TargetsConfig(sets={"target": TargetConfig(path=str(target))}), {})
    ingest = build(root, "ingest", IngestConfig(paths=(str(corpus),), source=None), {})
    embed = build(root, "embed", EmbedConfig(encoder=encoder), {"ingest": ingest, "targets": targets})
    domains = build(root, "domains", DomainsConfig(), {"ingest": ingest, "embed": embed})
    return {"ingest": ingest, "embed": embed, "domains": domains}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("root", "corpus", "target", "labels"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--encoder", default="sentence")
    parser.add_argument("--variants", action="store_true", help="also each rule and length ratio, the stage built anew")
    asked = parser.parse_args()
    made = upstream(asked.root, asked.corpus, asked.target, asked.encoder)
    print(json.dumps(measure(made, asked.root, asked.labels, asked.variants)))
