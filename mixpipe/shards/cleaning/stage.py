"""Token cleaning of finished training data, as a stage that stands outside the run's story.

Method: Token Cleaning (arXiv 2502.01968). A token of a response is worth learning as far as a reference model, trained
on better data, finds it easier than the model to be trained; the rest get the label -100. Their self-evolving form is
this one, repeated: train on one part, give the result as reference for the next. Without prompts any token may be kept,
which is the selective language modelling of Rho-1 (arXiv 2404.07965). Deviations: the release has no loss for a first
token, here it is that after the model's token for a beginning; what is longer than `window` is read in stretches, not
cut off.

`score` writes `scored/.../train-*.parquet` (see `scored.py`), shard by shard, and where a global choice ends; `label`
writes `data/.../train-*.parquet` (CLEANED), in the order of the shards, without documents of which no token is kept;
then `cleaning.json`. Losses are kept, so another share or scope reads no model again.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StageError
from mixpipe.models.causal import CausalModel
from mixpipe.models.finding import find_model, weights_digest
from mixpipe.models.precision import resolve_dtype
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.scored import SCORED, Pair, scored
from mixpipe.shards.cleaning.selecting import Cutoff, count_equal, cutoff, keep_global, keep_sample, labels
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.layout import shard_files
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Stage, Step

__all__ = ["CLEANED", "CLEANING", "RECORD"]

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
CUTOFF = "cutoff.json"
RECORD = "cleaning.json"
COUNTED = ("documents", "tokens", "response_tokens", "kept_documents", "kept_tokens")
BATCH_ROWS = 1024  # documents held at once


def plan_score(context: Context) -> list[Part]:
    """List the shards; refuse those that hold no texts before any work."""
    shards = context.inputs["shards"]
    files = shard_files(shards, _form(shards))
    config: CleaningConfig = context.config
    read = {name: getattr(config, name) for name in ("window", "response_after", "prompt_after")}
    return [
        Part(_name(file, "scored"), {"file": file}, {"shard": shards.digest(file), **read, **context.outside})
        for file in files
    ]


def run_score(context: Context, part: Part) -> Counts:
    """Write the excess losses of one shard's tokens.

    Raises:
        ConfigError: the models have not the same tokens.
        StageError: a loss is no finite number.
    """
    config: CleaningConfig = context.config
    shards, pair = context.inputs["shards"], _pair(context)
    pair.check()
    table = _form(shards).read(shards.path / str(part.spec["file"]), ["id", "domain", "copy", "text"])
    counts = {"documents": table.num_rows, "tokens": 0, "response_tokens": 0}

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in scored(table, pair, config.response_after, config.prompt_after):
            if not np.isfinite(_values(rows["excess"])).all():
                raise StageError(f"expected finite losses of {part.spec['file']}, found others; check both models")
            counts["tokens"] += len(_values(rows["excess"]))
            counts["response_tokens"] += int(_values(rows["is_response"]).sum())
            yield from rows.to_batches()

    write_table(context.out / f"{part.name}.parquet", batches(), SCORED)
    return dict(counts)


def finish_score(context: Context) -> Counts:
    """Find where a global choice ends, and how many tokens that equal its last one lie before each shard.

    Raises:
        StageError: no document has a response.
    """
    files = _files(context, "scored")
    if not any(len(excess) for file in files for excess in _excesses(file)):
        raise StageError(
            f"expected responses after {context.config.response_after!r} (--response-after), found none in any document"
        )
    end = cutoff(lambda: (excess for file in files for excess in _excesses(file)), context.config.keep)
    equal = [sum(count_equal(excess, end) for excess in _excesses(file)) for file in files]
    before = np.cumsum([0, *equal]).tolist()
    names = [str(file.relative_to(context.out / "scored")) for file in files]
    write_json(context.out / CUTOFF, {**end._asdict(), "equal_before": dict(zip(names, before[:-1], strict=True))})
    return {}


def plan_label(context: Context) -> list[Part]:
    """List the shards."""
    identity = {"shards": context.inputs["shards"].fingerprint, **context.config.identity(), **context.outside}
    return [
        Part(_name(str(file.relative_to(context.out)), "data"), {}, {**identity, "shard": file.name})
        for file in _files(context, "scored")
    ]


def run_label(context: Context, part: Part) -> Counts:
    """Write one shard's documents with their labels, those left out of which no token is kept."""
    file = context.out / f"{_name(part.name, 'scored')}.parquet"
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
    for rows in (rows for file in _files(context, "scored") for rows in _batches(file, ["is_response"])):
        is_response = _values(rows["is_response"])
        counts["documents"] += rows.num_rows
        counts["tokens"] += len(is_response)
        counts["response_tokens"] += int(is_response.sum())
    for rows in (rows for file in _files(context, "data") for rows in _batches(file, ["labels"])):
        counts["kept_documents"] += rows.num_rows
        counts["kept_tokens"] += int((_values(rows["labels"]) >= 0).sum())
    wanted = int(config.keep * int(counts["response_tokens"]))
    if config.scope == "global" and counts["kept_tokens"] != wanted:
        raise StageError(f"expected {wanted} tokens with a label, found {counts['kept_tokens']}; run again")
    write_json(context.out / RECORD, {**config.identity(), **context.outside, **counts})
    return {}


def _form(shards: Artefact) -> DocumentFormat:
    """Return a format of texts that the shards are in.

    Raises:
        ConfigError: they are in none.
    """
    forms = [load_format(str(name)) for name in read_json(shards.file("dataset.json"))["formats"]]
    for form in forms:
        if not isinstance(form, TokenFormat):
            return form
    raise ConfigError(
        "expected shards in a format of texts, found tokens alone; run again with parquet among shards.formats"
    )


def _pair(context: Context) -> Pair:
    config: CleaningConfig = context.config
    models = [
        _loaded(name, str(context.outside[field]), field, str(context.outside["dtype"]), config.window)
        for field, name in (("base", config.base), ("reference", config.reference))
    ]
    return Pair(*models)


@lru_cache(maxsize=2)
def _loaded(name: str, digest: str, field: str, dtype: str, window: int) -> CausalModel:
    """Return this process's copy of a model, with the weights that the work was planned with."""
    folder = find_model(name, f"--{field}")
    if (found := weights_digest(folder)) != digest:
        raise StageError(
            f"expected weights of {name} with digest {digest}, as the work was planned, found {found} in {folder}; "
            "give every machine the same model"
        )
    return CausalModel(folder, dtype=dtype, window=window)


def _chosen(context: Context, file: Path) -> Iterator[tuple[pa.RecordBatch, NDArray[np.bool_]]]:
    """Yield the batches of a shard, each with which of its response tokens are kept."""
    config: CleaningConfig = context.config
    found = read_json(context.out / CUTOFF)
    end = Cutoff(found["key"], found["equal"])
    before = found["equal_before"][str(file.relative_to(context.out / "scored"))]
    for rows in _batches(file, SCORED.names):
        excess = _values(rows["excess"])[_values(rows["is_response"])]
        if config.scope == "sample":
            yield rows, keep_sample(excess, _per_document(rows, _values(rows["is_response"])), config.keep)
        else:
            yield rows, keep_global(excess, end, before)
            before += count_equal(excess, end)


def _labelled(rows: pa.RecordBatch, kept: NDArray[np.bool_]) -> pa.Table:
    """Return documents of SCORED as rows of CLEANED, those left out of which nothing is kept."""
    found = labels(_values(rows["input_ids"]), _values(rows["is_response"]), kept)
    offsets = rows["input_ids"].offsets
    same = [rows[name] for name in ("id", "domain", "copy", "input_ids")]
    masks = [pa.ListArray.from_arrays(offsets, values) for values in (np.ones(len(found), np.int8), found)]
    table = pa.table([*same, *masks], schema=CLEANED)
    return table.filter(pa.array(_per_document(rows, found >= 0) > 0))


def _per_document(rows: pa.RecordBatch, values: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many of a document's tokens are true: (n_documents,) int64."""
    lengths = pc.list_value_length(rows["input_ids"]).to_numpy()
    owner = np.repeat(np.arange(rows.num_rows), lengths)
    return np.bincount(owner, weights=values, minlength=rows.num_rows).astype(np.int64)


def _batches(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as table:
        yield from table.iter_batches(BATCH_ROWS, columns=columns)


def _excesses(file: Path) -> Iterator[NDArray[np.float32]]:
    for rows in _batches(file, ["excess", "is_response"]):
        yield _values(rows["excess"])[_values(rows["is_response"])]


def _values(column: Any) -> Any:  # noqa: ANN401  pyarrow is untyped
    """Return the values of a column of lists, back to back."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.flatten().to_numpy(zero_copy_only=False)


def _files(context: Context, folder: str) -> list[Path]:
    return sorted((context.out / folder).rglob("*.parquet"))


def _name(file: str, folder: str) -> str:
    """Return the name of the part in a folder that goes with a file in another one."""
    return f"{folder}/{file.partition('/')[2].partition('.')[0]}"


def _outside(config: CleaningConfig) -> dict[str, Json]:
    """Return the digests of both models, and the arithmetic that is native here.

    Raises:
        ConfigError: a model cannot be found, or both are the same one.
    """
    digests = {name: weights_digest(find_model(getattr(config, name), f"--{name}")) for name in ("base", "reference")}
    if digests["base"] == digests["reference"]:
        raise ConfigError(
            f"expected a --reference other than the --base model, found the same files in {config.base} and "
            f"{config.reference}; between them no token is better than another"
        )
    return {**digests, "dtype": resolve_dtype("auto", None)}


def _steps(config: CleaningConfig) -> tuple[Step, ...]:
    return (
        Step("score", plan_score, run_score, finish_score, gpu=True, unit="shard"),
        Step("label", plan_label, run_label, finish_label, unit="shard"),
    )


CLEANING = Stage(
    "cleaning", version=2, config=CleaningConfig, inputs=("shards",), steps=_steps, outside=_outside, scratch=(CUTOFF,)
)
