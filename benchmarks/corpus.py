"""The shared corpus of 107,313 documents, embed to shards: time and peak memory per stage; domains against the labels.

Id and text alone go in: `source` is mapped to a column that does not exist. The domains are found again with four seeds
on the run's own documents and embeddings, as many as there are labels. The encoder is the static one unless said
otherwise: without bfloat16 the transformer takes three hours of two cores for this corpus.

    python -m benchmarks.corpus [--encoder sentence] [--root FOLDER]     (a root that is kept)
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.domains import SEEDS, read_labels
from benchmarks.domains import measure as measure_domains
from benchmarks.pipeline import SHARED, run_config, timed_run
from mixpipe.domains.config import DomainsConfig
from mixpipe.runs.run import load_artefacts

LABELS = SHARED / "labels" / "corpus_labels.parquet"


def measure(folder: Path, encoder: str) -> dict[str, Any]:
    ingest = {"paths": [str(SHARED / "corpus")], "source": None}
    config = run_config(SHARED / "corpus", folder, ingest=ingest, embed={"encoder": encoder}, budget_tokens=60_000_000)
    run = timed_run(config, folder / "root")
    return {"encoder": encoder, **run, "domains": domains(folder / "root", config.stem)}


def domains(root: Path, name: str) -> dict[str, Any]:
    """Return the NMI with the labels of four seeds over a run's documents and embeddings."""
    known = load_artefacts(root / "runs" / name)
    labels = read_labels(LABELS)
    count = len(set(labels.values()))
    inputs = {stage: known[stage] for stage in ("ingest", "embed")}
    runs = [measure_domains(root, inputs, labels, DomainsConfig(count=count, seed=seed)) for seed in SEEDS]
    return {
        "nmi": statistics.mean(float(str(run["nmi"])) for run in runs),
        "largest_share": max(float(str(run["largest_share"])) for run in runs),
        "runs": runs,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="static")
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(asked.root or Path(scratch), asked.encoder)))
