"""Semantic duplicates against the corpus's own labels of duplicates, by threshold; and with near duplicates together.

A dropped document is right when the document kept instead is of its labelled group; recall is over all that should go:
of every group of unlike texts all but one. Labels are of the same words (Jaccard of 5-word shingles >= 0.7), so what
says the same in other words counts as wrong: precision is a lower bound. `union`: near duplicates as the stage finds
them, and of the rest the semantic ones.

    python -m benchmarks.semantic --root ROOT --corpus FOLDER --target FILE --labels LABELS.parquet [--encoder static]
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from benchmarks.domains import build, own_ids
from mixpipe.corpus.config import IngestConfig, TargetConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.semantic_steps import SEMANTIC_SCRATCH, semantic_steps
from mixpipe.embed.config import EmbedConfig
from mixpipe.stages import load_stage
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_table
from mixpipe.store.seal import seal
from mixpipe.store.stage import Stage, StageConfig, Step

THRESHOLDS = (0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
RATIOS = (0.0, 0.8, 0.9, 0.95, 0.98)
PRECISION = 0.95


class AloneConfig(StageConfig):
    """The semantic steps by themselves."""

    semantic: SemanticConfig = Field(default_factory=SemanticConfig)


def steps_alone(config: AloneConfig) -> tuple[Step, ...]:
    *steps, last = semantic_steps(config.semantic)
    return (*steps, Step(last.name, last.plan, last.run))  # whose files are kept, to be read


ALONE = Stage("semantic", 1, AloneConfig, ("ingest", "embed", "domains"), steps_alone, scratch=SEMANTIC_SCRATCH)


def measure(inputs: dict[str, Artefact], root: Path, labels: Path) -> dict[str, Any]:
    """Return figures by threshold, by rule and by length ratio, and the union with near duplicates."""
    truth = Truth(inputs["ingest"], labels)
    duplicates = load_stage("duplicates")
    near = twins_of(build(root, "duplicates", duplicates.config(), inputs), "part-*.parquet", "near_twin")
    swept, unions = [], []
    for threshold in THRESHOLDS:
        found = semantic(root, inputs, SemanticConfig(threshold=threshold))
        both = [first or second for first, second in zip(near, found, strict=True)]
        swept.append({"threshold": threshold, **truth.judge(found)})
        unions.append({"threshold": threshold, **truth.judge(both)})
    fit = [union for union in unions if union["precision"] >= PRECISION]
    rules = {rule: truth.judge(semantic(root, inputs, SemanticConfig(rule=rule))) for rule in ("greedy", "component")}
    ratios = {
        str(ratio): truth.judge(semantic(root, inputs, SemanticConfig(min_length_ratio=ratio))) for ratio in RATIOS
    }
    started = time.monotonic()
    semantic(root, inputs, SemanticConfig(prefer="easy"))  # a configuration that was not built yet
    return {
        "documents": len(near),
        "seconds": round(time.monotonic() - started, 1),
        "near": truth.judge(near),
        "semantic": swept,
        "union": unions,
        "union_at_precision": max(fit, key=lambda union: union["recall"]) if fit else None,
        "rules": rules,
        "by_length_ratio": ratios,
    }


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

    def judge(self, twins: Sequence[str | None]) -> dict[str, float]:
        """Return precision and recall of dropping each distinct text that has a twin."""
        pairs = [(a, b) for a, b, first in zip(self.ids, twins, self.first, strict=True) if b is not None and first]
        right = sum(self.group[a] is not None and self.group[a] == self.group[b] for a, b in pairs)
        found = {"dropped": len(pairs), "right": right, "precision": right / max(len(pairs), 1)}
        return {**found, "recall": right / max(self.wanted, 1)}


def semantic(root: Path, inputs: dict[str, Artefact], config: SemanticConfig) -> list[str | None]:
    """Return the semantic twin of every document, in the order of ingest."""
    job = open_stage(root, ALONE, AloneConfig(semantic=config), inputs)
    if not isinstance(job, Artefact):
        for step in job.steps:
            for part in job.pending(step, job.plan(step)):
                run_part(job, step, part)
            finish_step(job, step)
        job = seal(job)
    return twins_of(job, "semantic-?????-of-?????.parquet", "semantic_twin")


def twins_of(artefact: Artefact, pattern: str, column: str) -> list[str | None]:
    return [twin for name in artefact.names(pattern) for twin in read_table(artefact.file(name))[column].to_pylist()]


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
    asked = parser.parse_args()
    made = upstream(asked.root, asked.corpus, asked.target, asked.encoder)
    print(json.dumps(measure(made, asked.root, asked.labels)))
