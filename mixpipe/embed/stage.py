"""Stage `embed`: the corpus, the targets and labelled texts to unit vectors, part by part.

Writes `part-*.parquet`, `target-*.parquet` and `labelled-*.parquet` (id, vector of float16), rows aligned with the
documents of the same name (of a target's file at most 64, of one of labelled texts 4,096, in its order), and
`encoder.json` {encoder, digest, dtype, max_tokens, dimensions}. Vectors that came with the corpus are normalised and
taken as they are; the others then have none. An encoder that is first distilled from the model adds a step, whose file
`distilled.safetensors` later artefacts take over.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.embed.config import EmbedConfig
from mixpipe.embed.encoders import DISTILLERS, ENCODERS, Distil, Encoder, Settings
from mixpipe.embed.given import given_names, given_vectors
from mixpipe.embed.unit import unit_rows
from mixpipe.errors import ConfigError, StageError
from mixpipe.models.finding import find_model, weights_digest
from mixpipe.models.precision import resolve_dtype
from mixpipe.registry import load_plugin
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_table, write_json, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import embeddings_schema
from mixpipe.vectors import vectors_of

__all__ = ["EMBED"]

DISTILLED = "distilled"
# Vectors of a target tell a classifier what it looks like, and need not be all: 21 targets of the shared data have
# 3,655 texts, nearly as many as the sample that they are for.
TARGET_DOCUMENTS = 64
# Labelled texts are not many to begin with; more than these tell a linear model of some hundred weights little.
LABELLED_DOCUMENTS = 4096
# A float16 entry is within 2^-11 of its value, so a stored unit vector is within 5e-4 of length 1.
NORM_TOLERANCE = 1e-3


class Source(NamedTuple):
    """A file to read and the name of the part to write."""

    artefact: Artefact
    file: str
    part: str


def outside(config: EmbedConfig) -> dict[str, Json]:
    """Return the weights' digest and the arithmetic; no digest without a model, which given vectors do not need."""
    try:
        digest = weights_digest(find_model(config.model))
    except ConfigError:
        digest = None
    return {"digest": digest, "dtype": _dtype(config)}


def steps(config: EmbedConfig) -> tuple[Step, ...]:
    """Return the stage's steps."""
    encode = Step("encode", plan_encode, run_encode, finish_encode, gpu=True)
    return (Step("distil", plan_distil, run_distil), encode) if config.encoder in DISTILLERS else (encode,)


def plan_distil(context: Context) -> list[Part]:
    """List the one file to distil."""
    if given_names(context.inputs["ingest"]):
        return []
    digest = weights_digest(find_model(context.config.model))
    return [Part(DISTILLED, {}, {"encoder": context.config.encoder, "digest": digest})]


def run_distil(context: Context, part: Part) -> Counts:
    """Make the encoder's file from the model."""
    distil: Distil = load_plugin(DISTILLERS, context.config.encoder, "encoder")
    distil(find_model(context.config.model), context.out / f"{part.name}.safetensors")
    return {}


def plan_encode(context: Context) -> list[Part]:
    """List the parts of documents, or of given vectors when the corpus came with them."""
    settings = {} if given_names(context.inputs["ingest"]) else _identity(context.config)
    parts = []
    for source in _sources(context):
        stage = "ingest" if source.part.startswith("part-") else "targets"
        identity = {**settings, "source": source.artefact.digest(source.file)}
        if stage == "targets":  # a target and a label may hold the same texts, of which not as many are encoded
            identity["most"] = _most(source.part)
        parts.append(Part(source.part, {**settings, "stage": stage, "file": source.file}, identity))
    return parts


def run_encode(context: Context, part: Part) -> Counts:
    """Write the vectors of one part."""
    stage = str(part.spec["stage"])
    path = context.inputs[stage].file(str(part.spec["file"]))
    if "encoder" in part.spec:
        table = read_table(path, ["id", "text"])
        table = table if stage == "ingest" else table.take(_sampled(table["id"].to_pylist(), _most(part.name)))
        vectors = _encoder(context, part).encode(table["text"].to_pylist())
    else:
        table = read_table(path, ["id", "vector"])
        vectors = unit_rows(given_vectors(table["vector"].combine_chunks(), path))
    schema = embeddings_schema(vectors.shape[1])
    values = pa.array(vectors.astype(np.float16).ravel())
    column = pa.FixedSizeListArray.from_arrays(values, type=schema.field("vector").type)
    write_table(context.out / f"{part.name}.parquet", pa.table([table["id"], column], schema=schema), schema)
    kind = part.name.partition("-")[0]
    return {"documents" if kind == "part" else f"{kind}_documents": len(vectors)}


def finish_encode(context: Context) -> Counts:
    """Check that every document has a finite unit vector of one length, and say what made them.

    Raises:
        StageError: a check failed.
    """
    config, given = context.config, bool(given_names(context.inputs["ingest"]))
    lengths = {_checked(context.out / f"{source.part}.parquet", source) for source in _sources(context)}
    if len(lengths) != 1:
        raise StageError(f"expected vectors of one length in {context.out}, found {sorted(lengths)}")
    made_by = {"encoder": "given"} if given else _identity(config)
    write_json(context.out / "encoder.json", {**made_by, "dimensions": lengths.pop()})
    return {}


def _most(part: str) -> int:
    """Return how many texts of a file outside the corpus are encoded at most."""
    return TARGET_DOCUMENTS if part.startswith("target-") else LABELLED_DOCUMENTS


def _sampled(ids: list[str], most: int) -> NDArray[np.int64]:
    """Return the rows that are encoded, in order: those with the smallest keyed hashes."""
    chosen: NDArray[np.int64] = np.sort(np.argsort(keyed_hashes(ids, "target"), kind="stable")[:most])
    return chosen


def _sources(context: Context) -> Iterator[Source]:
    ingest, targets = context.inputs["ingest"], context.inputs["targets"]
    if given := given_names(ingest):
        for name in given:
            yield Source(ingest, name, Path(name).stem.replace("given", "part", 1))
        return
    for artefact, pattern in (
        (ingest, "part-*.parquet"),
        (targets, "target-*.parquet"),
        (targets, "labelled-*.parquet"),
    ):
        for name in artefact.names(pattern):
            yield Source(artefact, name, Path(name).stem)


def _identity(config: EmbedConfig) -> dict[str, Json]:
    """Return what decides a text's vector."""
    if config.encoder not in ENCODERS:
        raise ConfigError(
            f"expected an encoder among {', '.join(sorted(ENCODERS))} (embed.encoder), found {config.encoder!r}"
        )
    return {
        "encoder": config.encoder,
        "digest": weights_digest(find_model(config.model)),
        "dtype": _dtype(config),
        "max_tokens": config.max_tokens,
    }


def _dtype(config: EmbedConfig) -> str:
    return "float32" if config.encoder in DISTILLERS else resolve_dtype(config.dtype, config.device)


def _checked(path: Path, source: Source) -> int:
    """Return the dimensions of a part after checking its rows."""
    column = read_table(path, ["vector"])["vector"]
    documents = pq.read_metadata(source.artefact.file(source.file)).num_rows
    documents = documents if source.part.startswith("part-") else min(documents, _most(source.part))
    if len(column) != documents:
        raise StageError(f"expected {documents} vectors in {path}, found {len(column)}; delete its folder, run again")
    vectors = vectors_of(column).astype(np.float32)
    off = ~(np.abs(np.linalg.norm(vectors, axis=1) - 1) <= NORM_TOLERANCE)  # a NaN is off, too
    if off.any():
        raise StageError(
            f"expected finite unit vectors in {path}, found {off.sum()} others, first in row {off.argmax()}"
        )
    return int(vectors.shape[1])


def _encoder(context: Context, part: Part) -> Encoder:
    """Return this process's copy of the encoder, from the weights that the run was planned with."""
    config = context.config
    if config.encoder in DISTILLERS:
        model = context.out / f"{DISTILLED}.safetensors"
    else:
        model = _planned_model(config.model, str(part.spec["digest"]))
    return _loaded(config.encoder, Settings(model, config.max_tokens, str(part.spec["dtype"]), config.device))


@lru_cache(maxsize=1)
def _planned_model(name: str, digest: str) -> Path:
    folder = find_model(name)
    if (found := weights_digest(folder)) != digest:
        raise StageError(
            f"expected weights of {name} with digest {digest}, as the run was planned, found {found} in {folder}; "
            "give every machine the same model"
        )
    return folder


@lru_cache(maxsize=1)
def _loaded(name: str, settings: Settings) -> Encoder:
    make: Callable[[Settings], Encoder] = load_plugin(ENCODERS, name, "encoder")
    return make(settings)


EMBED = Stage("embed", 1, EmbedConfig, ("ingest", "targets"), steps, outside)
