"""The rival of `benchmarks.annotators`, run by an interpreter that has datatrove and not mixpipe.

Its own filters and its own MinHash, defaults throughout, on its own `LocalPipelineExecutor`, one task per file. `drop`
is its usual chain, in which a filter sees only what the filters before it kept; `judge` shows every document to every
filter, which is the work of an annotator. Words are cut by spaCy's blank English tokenizer, its default, which needs
no download. Prints {"seconds": ..., "cpu_seconds": ...} of the executors' runs; their processes are forked, which
spares them the imports and lets their CPU time be read. `minhash` also prints under `removed` the ids of every document
removed and of the one kept of its cluster.

    PYTHON benchmarks/datatrove_side.py drop|judge|minhash --corpus FOLDER --scratch FOLDER --workers 2
"""

import argparse
import json
import resource
import time
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from datatrove.data import Document, DocumentsPipeline
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.utils.logging import logger


class Judge(PipelineStep):
    """Ask every filter about every document and drop none."""

    def __init__(self, filters: Iterable[BaseFilter]) -> None:
        """Keep the filters."""
        super().__init__()
        self.filters = list(filters)

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield every document as it came."""
        for document in data:
            for judge in self.filters:
                text = document.text
                judge.filter(document)
                document.text = text  # C4's filter rewrites it
            yield document


def filters() -> list[BaseFilter]:
    return [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]


def pipelines(mode: str, corpus: Path, scratch: Path, files: int) -> list[tuple[list[PipelineStep], int]]:
    """Return pipelines to run in turn, with their numbers of tasks."""
    reader = ParquetReader(str(corpus), read_metadata=False)
    if mode == "drop":
        return [([reader, *filters()], files)]
    if mode == "judge":
        return [([reader, Judge(filters())], files)]
    signatures, buckets, removed = (str(scratch / name) for name in ("signatures", "buckets", "removed"))
    return [
        ([reader, MinhashDedupSignature(signatures)], files),
        ([MinhashDedupBuckets(signatures, buckets)], 14),
        ([MinhashDedupCluster(buckets, removed, save_cluster_id=True)], 1),
        ([reader, MinhashDedupFilter(removed)], files),
    ]


def removed_pairs(folder: Path, corpus: Path) -> list[tuple[str, str]]:
    """Return the ids of each document removed and of the one kept of its cluster; a rank is a file, by name."""
    kept, gone = dict[int, str](), list[tuple[str, int]]()
    for rank, path in enumerate(sorted(corpus.glob("*.parquet"))):
        rows = pq.read_table(path, columns=["id", "text"]).to_pylist()
        ids = [row["id"] for row in rows if row["text"]]  # the reader passes over documents without text
        clusters, removed = numbers(folder / f"{rank:06d}.clusters"), {*numbers(folder / f"{rank:06d}.remove")}
        for place, cluster in zip(clusters[::2], clusters[1::2], strict=True):
            if place in removed:
                gone.append((ids[place], cluster))
            else:
                kept[cluster] = ids[place]
    return [(name, kept[cluster]) for name, cluster in gone]


def numbers(path: Path) -> list[int]:
    """Return the 32-bit numbers of a file; none where there is no file."""
    return array("I", path.read_bytes() if path.is_file() else b"").tolist()


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("drop", "judge", "minhash"))
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    logger.remove()
    files = len(list(asked.corpus.glob("*.parquet")))
    seconds, before = 0.0, cpu_seconds()
    for number, (steps, tasks) in enumerate(pipelines(asked.mode, asked.corpus, asked.scratch, files)):
        logs = str(asked.scratch / f"logs-{number}")
        executor = LocalPipelineExecutor(
            steps, tasks=tasks, workers=min(tasks, asked.workers), logging_dir=logs, start_method="fork"
        )
        started = time.perf_counter()
        executor.run()
        seconds += time.perf_counter() - started
    spent = {"seconds": seconds, "cpu_seconds": cpu_seconds() - before}
    found = {"removed": removed_pairs(asked.scratch / "removed", asked.corpus)} if asked.mode == "minhash" else {}
    print(json.dumps({**spent, **found}))


if __name__ == "__main__":
    main()
