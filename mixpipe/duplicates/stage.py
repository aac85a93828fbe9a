"""The stage `duplicates`: which document is kept instead of which, beyond the equal texts that ingest marks.

`sketch` hashes every text, `rank` says which is better to keep, `match` finds pairs that share a hash, `sets` and
`verify` compare these exactly and settle which is kept; the steps of `semantic_steps.py` compare the embeddings of
those; `mark` writes both beside the documents: `part-*.parquet` (TWINS), and the largest groups to look at:
`largest.json`. Sketches are sealed for the next refresh. Nothing is dropped here: `scores.drop` decides that. Which
text is kept never depends on the order of files; of equal texts ingest keeps the first.
"""

import pyarrow as pa

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.largest import finish_mark
from mixpipe.duplicates.matching import plan_match, run_match
from mixpipe.duplicates.near import Near, finish_verify, near_of
from mixpipe.duplicates.ranking import PREFERRED_FILE, finish_sketch, plan_rank, ranks_file, run_rank
from mixpipe.duplicates.semantic_steps import SEMANTIC_SCRATCH, semantic_steps
from mixpipe.duplicates.settling import semantic_digest, semantic_of
from mixpipe.duplicates.sketches import plan_sketch, run_sketch
from mixpipe.duplicates.verifying import plan_sets, plan_verify, run_sets, run_verify
from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, read_table, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import TWINS

__all__ = ["DUPLICATES"]


def plan_mark(context: Context) -> list[Part]:
    """List one part per part of documents; what was found in the whole corpus is part of its identity."""
    ingest = context.inputs["ingest"]
    near: list[Json] = [file_digest(context.out / f"near-{name}.npy") for name in Near._fields]
    return [
        Part(
            file.removesuffix(".parquet"),
            {"file": file},
            {
                "documents": ingest.digest(file),
                "ranks": file_digest(ranks_file(context, file)),
                "near": near,
                "semantic": semantic_digest(context, file),
            },
        )
        for file in ingest.names()
    ]


def run_mark(context: Context, part: Part) -> Counts:
    """Write the twins of one part's documents, row by row."""
    file = str(part.spec["file"])
    ids = read_table(context.inputs["ingest"].file(file), ["id"])["id"].to_pylist()
    found = [map_array(ranks_file(context, file)), *near_of(context, ids), *semantic_of(context, file, len(ids))]
    table = pa.table([pa.array(a, f.type) for a, f in zip([ids, *found], TWINS, strict=True)], schema=TWINS)
    write_table(context.out / f"{part.name}.parquet", table, TWINS)
    near, semantic = (table[name].length() - table[name].null_count for name in ("near_twin", "semantic_twin"))
    return {"documents": len(ids), "near_marked": near, "semantic_marked": semantic}


def steps(config: DuplicatesConfig) -> tuple[Step, ...]:
    """Return the stage's steps."""
    return (
        Step("sketch", plan_sketch, run_sketch, finish_sketch),
        Step("rank", plan_rank, run_rank, keep=False),
        Step("match", plan_match, run_match, keep=False, unit="range"),
        Step("sets", plan_sets, run_sets, keep=False),
        Step("verify", plan_verify, run_verify, finish_verify, keep=False),
        *semantic_steps(config.semantic),
        Step("mark", plan_mark, run_mark, finish_mark),
    )


DUPLICATES = Stage(
    name="duplicates",
    version=4,
    config=DuplicatesConfig,
    inputs=("ingest", "embed", "domains"),
    steps=steps,
    scratch=("near-*.npy", PREFERRED_FILE, *SEMANTIC_SCRATCH),
)
