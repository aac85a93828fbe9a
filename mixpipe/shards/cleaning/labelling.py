"""Step `label`: the tokens that keep their label, shard by shard, in the order of the training data."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.rows import CUTOFF, DATA, SCORES, batches_of, files_in, part_in, values_of
from mixpipe.shards.cleaning.scored import SCORED
from mixpipe.shards.cleaning.selecting import Cutoff, count_equal, keep_global, keep_sample, labels
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.stage import Context, Part

__all__ = ["CLEANED", "RECORD", "finish_label", "plan_label", "run_label"]

CLEANED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("input_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("attention_mask", pa.list_(pa.int8()), nullable=False),
        pa.field("labels", pa.list_(pa.int32()), nullable=False),  # the token's own id, or -100
    ]
)
RECORD = "cleaning.json"
COUNTED = ("documents", "tokens", "response_tokens", "kept_documents", "kept_tokens")


def plan_label(context: Context) -> list[Part]:
    """List the shards."""
    identity = {"shards": context.inputs["shards"].fingerprint, **context.config.identity(), **context.outside}
    return [
        Part(name, {}, {**identity, "shard": name})
        for name in (part_in(str(file.relative_to(context.out)), DATA) for file in files_in(context, SCORES))
    ]


def run_label(context: Context, part: Part) -> Counts:
    """Write one shard's documents with their labels, those left out of which no token is kept."""
    file = context.out / f"{part_in(part.name, SCORES)}.parquet"
    counts = {"kept_documents": 0, "kept_tokens": 0}

    def batches() -> Iterator[pa.RecordBatch]:
        for rows, kept in _chosen(context, file):
            labelled = _labelled(rows, kept)
            counts["kept_documents"] += labelled.num_rows
            counts["kept_tokens"] += int(kept.sum())
            yield from labelled.to_batches()

    write_table(context.out / f"{part.name}.parquet", batches(), CLEANED)
    return dict(counts)


def finish_label(context: Context) -> Counts:
    """Count again what was written, and record it with the settings.

    Raises:
        StageError: other tokens were kept than the share asked for.
    """
    config: CleaningConfig = context.config
    counts: Counts = dict.fromkeys(COUNTED, 0)
    for rows in (rows for file in files_in(context, SCORES) for rows in batches_of(file, ["is_response"])):
        is_response = values_of(rows["is_response"])
        counts["documents"] += rows.num_rows
        counts["tokens"] += len(is_response)
        counts["response_tokens"] += int(is_response.sum())
    for rows in (rows for file in files_in(context, DATA) for rows in batches_of(file, ["labels"])):
        counts["kept_documents"] += rows.num_rows
        counts["kept_tokens"] += int((values_of(rows["labels"]) >= 0).sum())
    wanted = int(config.keep * int(counts["response_tokens"]))
    if config.scope == "global" and counts["kept_tokens"] != wanted:
        raise StageError(f"expected {wanted} tokens with a label, found {counts['kept_tokens']}; run again")
    write_json(context.out / RECORD, {**config.identity(), **context.outside, **counts})
    return {}


def _chosen(context: Context, file: Path) -> Iterator[tuple[pa.RecordBatch, NDArray[np.bool_]]]:
    """Yield the batches of a shard, each with which of its response tokens are kept."""
    config: CleaningConfig = context.config
    found = read_json(context.out / CUTOFF)
    end = Cutoff(found["key"], found["equal"])
    before = found["equal_before"][str(file.relative_to(context.out / SCORES))]
    for rows in batches_of(file, SCORED.names):
        excess = values_of(rows["excess"])[values_of(rows["is_response"])]
        if config.scope == "sample":
            yield rows, keep_sample(excess, _per_document(rows, values_of(rows["is_response"])), config.keep)
        else:
            yield rows, keep_global(excess, end, before)
            before += count_equal(excess, end)


def _labelled(rows: pa.RecordBatch, kept: NDArray[np.bool_]) -> pa.Table:
    """Return documents of SCORED as rows of CLEANED, those left out of which nothing is kept."""
    found = labels(values_of(rows["input_ids"]), values_of(rows["is_response"]), kept)
    offsets = np.concatenate([[0], np.cumsum(_lengths(rows))]).astype(np.int32)
    same = [rows[name] for name in ("id", "domain", "copy", "input_ids")]
    masks = [pa.ListArray.from_arrays(offsets, values) for values in (np.ones(len(found), np.int8), found)]
    table = pa.table([*same, *masks], schema=CLEANED)
    return table.filter(pa.array(_per_document(rows, found >= 0) > 0))


def _per_document(rows: pa.RecordBatch, values: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many of a document's tokens are true: (n_documents,) int64."""
    owner = np.repeat(np.arange(rows.num_rows), _lengths(rows))
    return np.bincount(owner, weights=values, minlength=rows.num_rows).astype(np.int64)


def _lengths(rows: pa.RecordBatch) -> NDArray[np.int64]:
    found: NDArray[np.int64] = pc.list_value_length(rows["input_ids"]).to_numpy()
    return found
