"""Domains against hidden labels: normalised mutual information, as many domains as labels, four seeds.

The stage itself runs, from sample to streaming assignment, on id and text alone: `source` is mapped to a column that
does not exist. Ingest and embed are built in `--root` once, or taken from a run of it; each seed is one artefact there.
`--ablation` measures also with one setting changed at a time.

    python benchmarks/domains.py --root ROOT --corpus FOLDER --target FILE --labels LABELS.parquet
    python benchmarks/domains.py --root ROOT --run NAME --labels LABELS.parquet
"""

import argparse
import json
import statistics
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.metrics import normalized_mutual_info_score

from mixpipe.corpus.config import IngestConfig, TargetConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.runs.run import load_artefacts
from mixpipe.stages import load_stage
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table, write_json
from mixpipe.store.fingerprint import Json
from mixpipe.store.seal import seal
from mixpipe.store.stage import StageConfig

SEEDS = (0, 1, 2, 3)
ABLATIONS: dict[str, dict[str, object]] = {
    "embedding alone": {"lexical_weight": 0.0},
    **{f"{cells} cells": {"clusters": cells} for cells in (100, 200, 400)},
    "count auto": {"count": "auto"},
}


def build(root: Path, stage: str, config: StageConfig, inputs: dict[str, Artefact]) -> Artefact:
    """Build one stage in this process, or return it where it is sealed."""
    job = open_stage(root, load_stage(stage), config, inputs)
    if isinstance(job, Artefact):
        return job
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


def upstream(root: Path, corpus: Path, target: Path) -> dict[str, Artefact]:
    """Build targets, ingest and embed with their defaults."""
    targets = build(root, "targets", TargetsConfig(sets={"target": TargetConfig(path=str(target))}), {})
    ingest = build(root, "ingest", IngestConfig(paths=(str(corpus),), source=None), {})
    return {"ingest": ingest, "embed": build(root, "embed", EmbedConfig(), {"ingest": ingest, "targets": targets})}


def read_labels(path: Path) -> dict[str, str]:
    """Return the hidden domain of every document by its own id."""
    table = read_table(path, ["id", "domain"])
    return dict(zip(table["id"].to_pylist(), table["domain"].to_pylist(), strict=True))


def own_ids(ingest: Artefact) -> list[str]:
    """Return the corpus's own id of every document."""
    metas = (meta for name in ingest.names() for meta in read_table(ingest.file(name), ["meta"])["meta"].to_pylist())
    return [str(json.loads(meta)["id"]) for meta in metas]


def measure(root: Path, inputs: dict[str, Artefact], labels: dict[str, str], config: DomainsConfig) -> dict[str, Json]:
    """Find domains under one configuration and compare them with the labels."""
    domains = build(root, "domains", config, inputs)
    found = pa.concat_tables(read_table(domains.file(name), ["domain"]) for name in domains.names())[
        "domain"
    ].to_numpy()
    truth = [labels[name] for name in own_ids(inputs["ingest"])]
    gate = read_json(domains.file("gate.json"))
    documents = float(np.bincount(found).max() / len(found))
    return {
        "seed": config.seed,
        "nmi": float(normalized_mutual_info_score(truth, found)),
        "largest_share": gate["largest_share"],
        "largest_share_of_documents": documents,
        "domains": gate["domains"],
        "names": read_table(domains.file("domains.parquet"), ["name"])["name"].to_pylist(),
    }


def ablations(
    root: Path, inputs: dict[str, Artefact], labels: dict[str, str], settings: dict[str, int]
) -> dict[str, Json]:
    """Return, with one setting changed at a time, the mean NMI over the seeds and the domains found with each."""
    found: dict[str, Json] = {}
    for name, changed in ABLATIONS.items():
        configs = [DomainsConfig.model_validate({**settings, **changed, "seed": seed}) for seed in SEEDS]
        runs = [measure(root, inputs, labels, config) for config in configs]
        found[name] = {
            "nmi": statistics.mean(float(str(run["nmi"])) for run in runs),
            "domains": [run["domains"] for run in runs],
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True, help="Parquet with columns id and domain")
    parser.add_argument("--corpus", type=Path, help="folder of the corpus; needless with --run")
    parser.add_argument("--target", type=Path, help="any small target set, which embed asks for; needless with --run")
    parser.add_argument("--run", help="name of a run whose documents and embeddings are used")
    parser.add_argument("--ablation", action="store_true", help="also with one setting changed at a time")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if not (asked.run or (asked.corpus and asked.target)):
        parser.error("expected --run, or --corpus and --target")
    labels = read_labels(asked.labels)
    known = (
        load_artefacts(asked.root / "runs" / asked.run)
        if asked.run
        else upstream(asked.root, asked.corpus, asked.target)
    )
    inputs = {name: known[name] for name in ("ingest", "embed")}
    count = len(set(labels.values()))
    runs = [measure(asked.root, inputs, labels, DomainsConfig(count=count, seed=seed)) for seed in SEEDS]
    result: dict[str, Json] = {
        "benchmark": "domains",
        "documents": len(labels),
        "labels": count,
        "nmi": statistics.mean(float(str(run["nmi"])) for run in runs),
        "largest_share": max(float(str(run["largest_share"])) for run in runs),
        "runs": [*runs],
    }
    if asked.ablation:
        result["ablations"] = ablations(asked.root, inputs, labels, {"count": count})
    print(json.dumps(result, indent=2, sort_keys=True, ensure_ascii=False))
    if asked.json:
        write_json(asked.json, result)


if __name__ == "__main__":
    main()
