"""First half of semantic duplicates: every document's vector into its cell.

`semantic-sample` fits the cells on a keyed-hash sample; `semantic-deal` writes each part's vectors sorted by cell, one
row group per bucket, so that what compares a bucket reads its own rows of every part. Disk: the embeddings once more.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.duplicates.cells import Cells, fit_cells
from mixpipe.duplicates.near import near_of
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.sketches import sketch_file
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import map_array, read_arrays, read_table, write_arrays, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part
from mixpipe.vectors import unit_rows, vectors_of

__all__ = [
    "CELLS_FILE",
    "by_part",
    "compared",
    "finish_sample",
    "plan_deal",
    "plan_sample",
    "run_deal",
    "run_sample",
]

CELLS_FILE = "semantic-cells.npz"
SAMPLE_DOCUMENTS = 100_000  # for all domains' cells together: 77 MB of float16 at 384 dimensions


def compared(context: Context, name: str) -> NDArray[np.bool_]:
    """Return which documents of a part are compared: (n,) bool.

    Not exact duplicates, and not near duplicates where earlier steps have found them: what is kept stands for them. Of
    the others all, or those without shingles.
    """
    table = read_table(context.inputs["ingest"].file(name), ["id", "duplicate"])
    chosen: NDArray[np.bool_] = ~table["duplicate"].to_numpy()
    if (context.out / "near-ids.npy").is_file():
        chosen &= np.array([twin is None for twin in near_of(context, table["id"].to_pylist())[0]], bool)
    if context.config.semantic.compare == "short":
        chosen[map_array(sketch_file(context, name, "rows"))] = False
    return chosen


def plan_sample(context: Context) -> list[Part]:
    """List one part per part of documents, or none where no domain is to be cut."""
    most = context.config.semantic.documents_per_cell
    return by_part(context, "semantic-sample") if (_domain_documents(context) > most).any() else []


def run_sample(context: Context, part: Part) -> Counts:
    """Write the vectors of a part's sampled documents."""
    name = str(part.spec["part"])
    ids, vectors, domain, _ = _read(context, name)
    order = keyed_uniforms(ids.tolist(), f"semantic:{context.config.semantic.seed}")
    cut = SAMPLE_DOCUMENTS / max(_domain_documents(context).sum(), 1)
    rows = np.flatnonzero(compared(context, name) & (order < cut))
    path = context.out / f"{part.name}.npz"
    write_arrays(path, order=order[rows], domain=domain[rows], vectors=vectors[rows])
    return {}


def finish_sample(context: Context) -> Counts:
    """Write the cells."""
    config: SemanticConfig = context.config.semantic
    documents = _domain_documents(context)
    held = [read_arrays(path) for path in sorted(context.out.glob("semantic-sample-*.npz"))]
    if held:
        sample = {key: np.concatenate([arrays[key] for arrays in held]) for key in held[0]}
        rows = np.argsort(sample["order"], kind="stable")
        vectors, domain = unit_rows(sample["vectors"][rows]), sample["domain"][rows]
    else:
        vectors, domain = np.empty((0, 1), np.float32), np.empty(0, np.int32)
    cells = fit_cells(vectors, domain, documents, documents_per_cell=config.documents_per_cell, seed=config.seed)
    cells.save(context.out / CELLS_FILE)
    return {"cells": len(cells.bucket)}


def plan_deal(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return by_part(context, "semantic-deal")


def run_deal(context: Context, part: Part) -> Counts:
    """Write a part's vectors sorted by cell, one row group per bucket."""
    name = str(part.spec["part"])
    cells = Cells.load(context.out / CELLS_FILE)
    ids, vectors, domain, tokens = _read(context, name)
    rows = np.flatnonzero(compared(context, name))
    cell = cells.of(unit_rows(vectors[rows]), domain[rows])
    order = np.argsort(cell, kind="stable")
    rows, cell = rows[order], cell[order]
    bucket = cells.bucket[cell]
    number = np.full(len(rows), int(str(part.spec["number"])))
    columns = {"bucket": bucket, "part": number, "row": rows, "id": ids[rows], "cell": cell, "tokens": tokens[rows]}
    flat = pa.array(vectors[rows].ravel(), pa.float16())
    columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    table = pa.table(columns)
    edges = np.searchsorted(bucket, np.arange(int(cells.bucket.max()) + 2))
    slices = (table.slice(a, b - a).combine_chunks() for a, b in pairwise(edges.tolist()) if b > a)
    write_table(context.out / f"{part.name}.parquet", (s.to_batches()[0] for s in slices), table.schema)
    return {"compared": len(rows)}


def by_part(context: Context, prefix: str, extra: dict[str, Json] | None = None) -> list[Part]:
    """Return one part per part of documents, numbered, named with another prefix."""
    parts = []
    for number, name in enumerate(context.inputs["ingest"].names()):
        digests: dict[str, Json] = {
            stage: context.inputs[stage].digest(name) for stage in ("ingest", "embed", "domains")
        }
        identity = {**digests, **(extra or {}), "number": number, "config": context.config.identity()}
        parts.append(Part(prefix + Path(name).stem.removeprefix("part"), {"part": name, "number": number}, identity))
    return parts


def _read(
    context: Context, name: str
) -> tuple[NDArray[np.str_], NDArray[np.float16], NDArray[np.int32], NDArray[np.int64]]:
    """Return ids, vectors (n, d), domains and tokens of one part."""
    documents = read_table(context.inputs["ingest"].file(name), ["id", "n_tokens"])
    vectors = vectors_of(read_table(context.inputs["embed"].file(name), ["vector"])["vector"])
    domain = read_table(context.inputs["domains"].file(name), ["domain"])["domain"].to_numpy()
    return np.array(documents["id"].to_pylist(), np.str_), vectors, domain, documents["n_tokens"].to_numpy()


def _domain_documents(context: Context) -> NDArray[np.int64]:
    """Return the documents of each domain: (n_domains,) int64."""
    table = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "documents"])
    documents = np.zeros(len(table), dtype=np.int64)
    documents[table["domain"].to_numpy()] = table["documents"].to_numpy()
    return documents
