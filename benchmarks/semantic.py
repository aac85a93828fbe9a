"""Semantic duplicates against the corpus's own labels of duplicates, by threshold; and with near duplicates together.

A dropped document is right when the document kept instead is of its labelled group; recall is over all that should go:
of every group of unlike texts all but one. Labels are of the same words (Jaccard of 5-word shingles >= 0.7), so what
says the same in other words counts as wrong: precision is a lower bound. The stage compares by embeddings only what it
found to be no near duplicate. `together`: see `benchmarks/together.py` and `crossed.py`.

    python -m benchmarks.semantic [--root FOLDER] [--only sample|corpus] [--variants]
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.crossed import compared
from benchmarks.domains import build, own_ids
from benchmarks.pipeline import SHARED, target_sets
from benchmarks.quality import ENCODERS
from benchmarks.together import STEPS, Marks, Pairs, Texts, ways
from mixpipe.corpus.config import IngestConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.embed.config import EmbedConfig
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_arrays, read_table
from mixpipe.vectors import unit_rows, vectors_of

THRESHOLDS = (0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
RATIOS = (0.0, 0.8, 0.9, 0.95, 0.98)
RULES = ("chain", "greedy", "component")
SHORT_COSINES = (0.9, 0.92, 0.94, 0.96, 0.98)


def measure(inputs: dict[str, Artefact], root: Path, labels: Path, variants: bool) -> dict[str, Any]:
    """Return figures by threshold on what is no near duplicate, and with those together; by rule and length ratio."""
    truth = Truth(inputs["ingest"], labels)
    started = time.monotonic()
    marks = marked(root, inputs, DuplicatesConfig(semantic=SemanticConfig(threshold=THRESHOLDS[0])))
    seconds = round(time.monotonic() - started, 1)
    near, loose = truth.pairs(marks, "near"), truth.pairs(marks, "semantic")
    result = {
        "documents": marks.num_rows,
        "seconds": seconds,
        "near": truth.judge(near),
        "semantic": [{"threshold": t, **truth.judge([p for p in loose if p[1] > t])} for t in THRESHOLDS],
        "together": together(truth, root, inputs, marks),
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

    def marks(self, table: pa.Table) -> Marks:
        """Return of the distinct texts which are semantic duplicates, and which of these marks are right."""
        twins = [twin for twin, first in zip(table["semantic_twin"].to_pylist(), self.first, strict=True) if first]
        own = [self.group[text] for text, first in zip(self.ids, self.first, strict=True) if first]
        right = [a is not None and a == self.group.get(b) for a, b in zip(own, twins, strict=True)]
        return Marks(np.array([twin is not None for twin in twins]), np.array(right))


def together(truth: Truth, root: Path, inputs: dict[str, Artefact], semantic: pa.Table) -> dict[str, Any]:
    """Return what near and semantic duplicates find together, see together.py."""
    texts = distinct_texts(truth, inputs["embed"], semantic)
    shorts = {
        cosine: truth.marks(
            marked(root, inputs, DuplicatesConfig(semantic=SemanticConfig(compare="short", threshold=cosine)))
        )
        for cosine in SHORT_COSINES
    }
    loose = truth.marks(semantic)
    cosines = np.minimum(semantic["semantic_similarity"].fill_null(-1).to_numpy()[truth.first], 1)
    value = np.where(loose.dropped, cosines, -1)
    above = {cosine: Marks(value > cosine, loose.right & (value > cosine)) for cosine in (*THRESHOLDS, 1.0)}
    return compared(texts, list(ways(texts, near_pairs(inputs["ingest"], texts), shorts, above)))


def distinct_texts(truth: Truth, embed: Artefact, marks: pa.Table) -> Texts:
    """Return the distinct texts with labels, ranks and vectors."""
    vectors = np.concatenate([unit_rows(vectors_of(read_table(embed.file(n))["vector"])) for n in embed.names()])
    ids = np.array(truth.ids)[truth.first]
    groups = np.array(["" if truth.group[own] is None else str(truth.group[own]) for own in ids])
    return Texts(ids.astype("S32"), groups, marks["rank"].to_numpy()[truth.first], vectors[truth.first])


def near_pairs(ingest: Artefact, texts: Texts) -> Pairs:
    """Return all pairs that the stage compares and finds similar, from the lowest of the steps."""
    config = DuplicatesConfig(threshold=float(STEPS[0]), semantic=SemanticConfig(enabled=False))
    with tempfile.TemporaryDirectory() as scratch:
        job = open_stage(Path(scratch), replace(DUPLICATES, inputs=("ingest",)), config, {"ingest": ingest})
        assert not isinstance(job, Artefact)
        for step in job.steps[:-1]:
            for part in job.pending(step, job.plan(step)):
                run_part(job, step, part)
            finish_step(job, step)
        found = [read_arrays(path) for path in sorted(job.context.out.glob("verify-*.npz"))]
    order = np.argsort(texts.ids)
    columns = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    ends = (order[np.searchsorted(texts.ids, columns[name], sorter=order)] for name in ("worse", "better"))
    return Pairs(*ends, columns["similarity"])


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
