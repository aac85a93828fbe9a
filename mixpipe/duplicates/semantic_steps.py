"""Steps that find semantic duplicates in bounded memory.

`semantic-sample` fits the cells, `semantic-deal` sorts each part's vectors by cell (dealing.py), `semantic-compare`
compares the cells of a bucket, `semantic-settle` and `semantic` bring the results back to the rows of ingest
(settling.py). Disk: the embeddings once more, until sealing.

A bucket that holds more than MOST_DOCUMENTS (a cell of equal vectors, as of texts without a known token) is dealt by a
hash of the ids into slabs, which are not compared with each other; the counts tell how many there were.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.duplicates.cells import Cells
from mixpipe.duplicates.dealing import CELLS_FILE, finish_sample, plan_deal, plan_sample, run_deal, run_sample
from mixpipe.duplicates.semantic import Cell, component, earlier, greedy, order_of
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.settling import (
    COPIES_FILE,
    THRESHOLD_FILE,
    finish_settle,
    plan_return,
    plan_settle,
    run_return,
    run_settle,
)
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_table, write_json, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Step
from mixpipe.vectors import unit_rows, vectors_of

__all__ = ["SEMANTIC_SCRATCH", "semantic_steps"]

SEMANTIC_SCRATCH = (CELLS_FILE, THRESHOLD_FILE, COPIES_FILE)

MOST_DOCUMENTS = 1 << 17  # of one process: 200 MB of float32 at 384 dimensions
BINS = 1 << 20  # of similarities from -1 to 1, when a share of documents is to be kept

LINKS = pa.schema(
    [
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),  # in its part
        pa.field("id", pa.string(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=True),  # largest to an earlier document
        pa.field("link", pa.int64(), nullable=False),  # row of this file that it points back to; -1: none
        pa.field("settled", pa.bool_(), nullable=False),  # the link is to the kept one, whatever the similarity
    ]
)


def semantic_steps(config: SemanticConfig) -> tuple[Step, ...]:
    """Return the steps, none of whose files is kept; none at all where it is switched off."""
    if not config.enabled:
        return ()
    return (
        Step("semantic-sample", plan_sample, run_sample, finish_sample, keep=False),
        Step("semantic-deal", plan_deal, run_deal, keep=False),
        Step("semantic-compare", plan_compare, run_compare, finish_compare, keep=False, unit="bucket"),
        Step("semantic-settle", plan_settle, run_settle, finish_settle, keep=False, unit="bucket"),
        Step("semantic", plan_return, run_return, keep=False),
    )


def plan_compare(context: Context) -> list[Part]:
    """List one part per bucket, several where a bucket is too large."""
    count = np.zeros(int(Cells.load(context.out / CELLS_FILE).bucket.max()) + 1, dtype=np.int64)
    for path in _dealt(context):
        count += np.bincount(read_table(path, ["bucket"])["bucket"].to_numpy(), minlength=len(count))
    parts = []
    for bucket, held in enumerate(count.tolist()):
        slabs = -(-held // MOST_DOCUMENTS)
        for slab in range(slabs):
            spec: dict[str, Json] = {"bucket": bucket, "slab": slab, "slabs": slabs}
            parts.append(Part(f"semantic-compare-{bucket:06d}-{slab:03d}", spec, spec))
    return parts


def run_compare(context: Context, part: Part) -> Counts:
    """Write the links of a bucket's documents."""
    config: SemanticConfig = context.config.semantic
    bucket, slab, slabs = (int(str(part.spec[key])) for key in ("bucket", "slab", "slabs"))
    table = pa.concat_tables(_slab(path, bucket, slab, slabs) for path in _dealt(context)).combine_chunks()
    table = table.take(np.lexsort((table["row"], table["part"], table["cell"])))
    ids = np.array(table["id"].to_pylist(), dtype=np.str_)
    vectors, tokens = unit_rows(vectors_of(table["vector"])), table["tokens"].to_numpy()
    similarity, link = np.full(len(ids), -np.inf, np.float32), np.full(len(ids), -1)
    cell = table["cell"].to_numpy()
    for start, stop in zip(*_runs(cell), strict=True):
        rows = start + order_of(vectors[start:stop], ids[start:stop], config.prefer)
        documents = Cell(vectors[rows], tokens[rows], config.min_length_ratio)
        found = earlier(documents)
        back = found.row
        if config.rule != "chain":
            back = (greedy if config.rule == "greedy" else component)(documents, config.threshold)
        similarity[rows], link[rows] = found.similarity, np.where(back >= 0, rows[back], -1)
    columns = {"similarity": pa.array(similarity, mask=~np.isfinite(similarity)), "link": link}
    columns["settled"] = np.full(len(ids), config.rule != "chain")
    links = pa.table({name: table[name] for name in ("part", "row", "id")} | columns)
    write_table(context.out / f"{part.name}.parquet", links, LINKS)
    return {"slabs_not_compared": float(slab > 0)}


def finish_compare(context: Context) -> Counts:
    """Write the threshold: the one asked for, or the one that keeps the share asked for, to within a bin of 2e-6."""
    config: SemanticConfig = context.config.semantic
    threshold = config.threshold
    if config.keep_share is not None:
        count, total = np.zeros(BINS, dtype=np.int64), 0
        for path in context.out.glob("semantic-compare-*.parquet"):
            column = read_table(path, ["similarity"])["similarity"]
            total += len(column)
            count += np.histogram(column.drop_null().to_numpy(), BINS, (-1, 1.0001))[0]
        above = np.cumsum(count[::-1])[::-1]  # documents whose similarity is in this bin or a higher one
        dropped = round((1 - config.keep_share) * total)
        threshold = -1 + 2.0001 * int(np.searchsorted(-above, -dropped)) / BINS
    write_json(context.out / THRESHOLD_FILE, threshold)
    return {"semantic_threshold": threshold}


def _dealt(context: Context) -> list[Path]:
    return sorted(context.out.glob("semantic-deal-*.parquet"))


def _slab(path: Path, bucket: int, slab: int, slabs: int) -> pa.Table:
    """Return one file's rows of a bucket, of these the share that a hash gives to the slab."""
    table = pq.read_table(path, filters=[("bucket", "=", bucket)], partitioning=None)
    if slabs == 1:
        return table
    return table.filter(pa.array(keyed_hashes(table["id"].to_pylist(), "slab") % np.uint64(slabs) == slab))


def _runs(cell: NDArray[np.int64]) -> tuple[Iterator[int], Iterator[int]]:
    """Return where runs of equal values start and where they stop."""
    edges = np.flatnonzero(np.diff(cell, prepend=-1, append=-1))
    return iter(edges[:-1].tolist()), iter(edges[1:].tolist())
