"""Step `assign`: every document to its domain, part by part, in bounded memory.

`part-*.parquet` (ASSIGNMENTS) beside `part-*-summary.json`, whose sums over parts become `domains.parquet`. A part is
identified by the model, its documents, embeddings and given domains: under a frozen model only new parts are assigned.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.frozen import drift
from mixpipe.domains.gate import GATE_FILE, check_structure, structure
from mixpipe.domains.given import given_file, given_labels, has_given_domains
from mixpipe.domains.lexical import words_of
from mixpipe.domains.model import MODEL_FILE, DomainModel
from mixpipe.domains.parts import read_embeddings, read_encoder, text_batches
from mixpipe.domains.summary import MEDOIDS, Medoid, Totals, domains_table, example, read_totals
from mixpipe.domains.vectors import distances_to
from mixpipe.errors import StageError
from mixpipe.kmeans import Nearest
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part
from mixpipe.tables import ASSIGNMENTS, DOMAINS

__all__ = ["finish_assign", "plan_assign", "run_assign"]


def plan_assign(context: Context) -> list[Part]:
    """List one part per part of documents."""
    ingest, embed = context.inputs["ingest"], context.inputs["embed"]
    given = has_given_domains(context)
    model = file_digest(context.out / MODEL_FILE)
    parts = []
    for name in ingest.names():
        identity: dict[str, Json] = {
            "model": model,
            "documents": ingest.digest(name),
            "embeddings": embed.digest(name),
            "given": ingest.digest(given_file(name)) if given else None,
        }
        parts.append(Part(name.removesuffix(".parquet"), {"part": name}, identity))
    return parts


def run_assign(context: Context, part: Part) -> Counts:
    """Assign the documents of one part."""
    model = _model(context.out / MODEL_FILE, file_digest(context.out / MODEL_FILE))
    totals = Totals.empty(len(model.names))
    rows = write_table(context.out / f"{part.name}.parquet", _assigned(context, part, model, totals), ASSIGNMENTS)
    write_json(context.out / f"{part.name}-summary.json", totals.to_json())
    return {"documents": rows, "tokens": int(totals.tokens.sum())}


def finish_assign(context: Context) -> Counts:
    """Write `domains.parquet` and `gate.json`.

    Raises:
        StageError: not every document was assigned.
        GateError: the domains are too lopsided to search over.
    """
    config: DomainsConfig = context.config
    model = DomainModel.load(context.out / MODEL_FILE)
    summaries = sorted(context.out.glob("part-*-summary.json"))
    totals = read_totals(summaries, len(model.names))
    _check_complete(context, totals)
    figures = structure(totals.tokens)
    limits = {"max_largest_share": config.max_largest_share, "min_entropy": config.min_entropy}
    check_structure(figures, **limits, where=f"all {totals.documents.sum()} documents")
    shares = totals.tokens / max(totals.tokens.sum(), 1)
    record: dict[str, Json] = {
        **figures,
        "clusters": len(model.centroids),
        "rule": _rule(config, model),
        "encoder": read_encoder(context),
        "limits": limits,
        "sample": structure(model.tokens),
        "small": [name for name, share in zip(model.names, shares, strict=True) if share < config.min_share],
    }
    if config.frozen is not None:
        record["drift"] = drift(context, summaries)
    write_table(context.out / "domains.parquet", domains_table(model, totals), DOMAINS)
    write_json(context.out / GATE_FILE, record)
    return {"domains": len(model.names), "largest_share": figures["largest_share"], "entropy": figures["entropy"]}


@lru_cache(maxsize=1)
def _model(path: Path, digest: str) -> DomainModel:
    """Return the model, loaded once per process; the digest tells a new file at the same path from the old one."""
    return DomainModel.load(path)


def _assigned(context: Context, part: Part, model: DomainModel, totals: Totals) -> Iterator[pa.RecordBatch]:
    """Yield assignments batch by batch, adding to `totals`."""
    name = str(part.spec["part"])
    embeddings, labels = read_embeddings(context, name), given_labels(context, name)
    for start, batch in text_batches(context.inputs["ingest"].file(name), ["id", "text", "n_tokens", "duplicate"]):
        rows = slice(start, start + batch.num_rows)
        words = [words_of(text) for text in batch["text"].to_pylist()] if model.lexical else []
        vectors = model.vectors(embeddings[rows], words)
        found = model.assign_given(vectors, labels[rows]) if labels and model.labels else model.assign(vectors)
        totals.add(_summed(batch, found, distances_to(vectors, model.means[found.cell]), len(model.names)))
        columns = {"id": batch["id"], "domain": found.cell, "distance": found.distance}
        yield pa.RecordBatch.from_pydict(columns)


def _summed(batch: pa.RecordBatch, found: Nearest, central: NDArray[np.float32], n_domains: int) -> Totals:
    """Return the sums of one batch; `central` is each document's distance to the mean of its domain."""
    first = ~batch["duplicate"].to_numpy(zero_copy_only=False)
    sums = (np.bincount(found.cell, weights, n_domains) for weights in (None, batch["n_tokens"], found.distance))
    documents, tokens, distance = sums
    medoids = [_medoids(batch, np.flatnonzero(first & (found.cell == d)), central) for d in range(n_domains)]
    return Totals(documents, tokens.astype(np.int64), distance.astype(np.float64), medoids)


def _medoids(batch: pa.RecordBatch, rows: NDArray[np.int64], central: NDArray[np.float32]) -> list[Medoid]:
    """Return the most central of the given rows, nearest first."""
    nearest = rows[np.argsort(central[rows], kind="stable")[:MEDOIDS]].tolist()
    return [
        Medoid(float(central[row]), batch["id"][row].as_py(), example(batch["text"][row].as_py())) for row in nearest
    ]


def _check_complete(context: Context, totals: Totals) -> None:
    sources = read_json(context.inputs["ingest"].file("sources.json")).values()
    expected = sum(source["documents"] for source in sources)
    if totals.documents.sum() != expected:
        raise StageError(f"expected assignments of {expected} documents, found {totals.documents.sum()}")


def _rule(config: DomainsConfig, model: DomainModel) -> str:
    """Say how the number of domains came about."""
    if model.labels:
        return "given"
    if config.frozen is not None:
        return "frozen"
    return "steepest fall of merge costs" if config.count == "auto" else "asked"
