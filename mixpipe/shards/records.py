"""What was written: `mixture.json` with the shares realised, `dataset.json` by shard and by domain.

`dataset.json` (schema `mixpipe.dataset/1`) with the manifest's file hashes is what `verify` needs to recount a copy of
the data without the store. Both are computed from the shards as they were read back, never from the plan.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from mixpipe.errors import StageError, StoreError
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import Json, canonical_json, fingerprint
from mixpipe.store.stage import Context

__all__ = [
    "DatasetRecord",
    "MixtureRecord",
    "ShardEntry",
    "ShardTally",
    "dataset_record",
    "mixture_digest",
    "read_record",
    "realised_mixture",
    "tally_shard",
]

Record = TypeVar("Record", bound=BaseModel)


class ShardEntry(BaseModel):
    """One shard of one format in `dataset.json`."""

    path: str
    rows: int
    tokens: int
    first_id: str | None  # of the first row; none: an empty shard
    last_id: str | None
    encoded_tokens: int | None = None  # in a file of tokens


class DomainEntry(BaseModel):
    """One domain in `dataset.json`, as far as it can be recounted."""

    id: str = Field(pattern=r"^d\d+$")
    rows: int
    written_tokens: int
    encoded_tokens: int | None = None


class DatasetRecord(BaseModel):
    """`dataset.json`, as far as it can be recounted."""

    formats: list[str]
    files: list[ShardEntry]
    domains: list[DomainEntry]


class WeightEntry(BaseModel):
    """One domain in `mixture.json`."""

    id: str
    weight: float


class PhaseEntry(BaseModel):
    """One phase in `mixture.json`."""

    domains: list[WeightEntry]


class MixtureRecord(BaseModel):
    """`mixture.json`, as far as it can be recounted."""

    phases: list[PhaseEntry] = Field(min_length=1)
    domains: list[WeightEntry] = []  # over all phases, where there are several
    digest: str

    def weights(self) -> dict[str, float]:
        """Return the share of each domain in the whole data."""
        return {domain.id: domain.weight for domain in self.domains or self.phases[0].domains}


class ShardTally(NamedTuple):
    """What one shard holds.

    Attributes:
        path: relative to the data set's folder.
        rows: (n_domains,) int64.
        tokens: (n_domains,) int64.
        first_id: of its first row; None: there is none.
        last_id: of its last row.
        encoded: (n_domains,) int64, tokens in a file of tokens; None: it is one of texts.
    """

    path: str
    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    first_id: str | None
    last_id: str | None
    encoded: NDArray[np.int64] | None = None

    def entry(self) -> ShardEntry:
        """Return the shard's entry in `dataset.json`."""
        rows, tokens = int(self.rows.sum()), int(self.tokens.sum())
        encoded = {} if self.encoded is None else {"encoded_tokens": int(self.encoded.sum())}
        ends = {"first_id": self.first_id, "last_id": self.last_id}
        return ShardEntry(path=self.path, rows=rows, tokens=tokens, **ends, **encoded)


def read_record(path: Path, model: type[Record]) -> Record:
    """Read a JSON record.

    Raises:
        StoreError: it is missing, no JSON, or lacks a field.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        raise StoreError(
            f"expected the fields of {model.__name__} in {path}, found: {' '.join(str(error).split())}"
        ) from error


def tally_shard(path: str, table: pa.Table, n_domains: int) -> ShardTally:
    """Count one shard's rows, given the columns that its format counts by."""
    sums = {"rows": np.zeros(n_domains, dtype=np.int64)}
    np.add.at(sums["rows"], table["domain"].to_numpy(), 1)
    for name in {"n_tokens", "n_encoded"} & {*table.column_names}:
        sums[name] = np.zeros(n_domains, dtype=np.int64)
        np.add.at(sums[name], table["domain"].to_numpy(), table[name].to_numpy())
    ids = table["id"]
    first, last = (ids[0].as_py(), ids[-1].as_py()) if table.num_rows else (None, None)
    return ShardTally(path, sums["rows"], sums["n_tokens"], first, last, sums.get("n_encoded"))


def realised_mixture(tallies: Sequence[ShardTally], planned: Mapping[str, Any]) -> dict[str, Json]:
    """Return the planned `mixture.json` with each domain's share of the tokens written as its weight.

    Raises:
        StageError: a domain's rows or tokens differ from those planned.
    """
    rows, tokens = (np.sum([getattr(tally, name) for tally in tallies], axis=0) for name in ("rows", "tokens"))
    domains: list[Json] = []
    for domain in _whole(planned):
        number = int(domain["id"].removeprefix("d"))
        found, wanted = (rows[number], tokens[number]), (domain["copies"], domain["planned_tokens"])
        if found != wanted:
            raise StageError(
                f"expected {wanted[0]} rows of {wanted[1]} tokens from {domain['name']} in the shards, as planned, "
                f"found {found[0]} rows of {found[1]} tokens"
            )
        if tokens[number]:
            share = float(tokens[number] / tokens.sum())
            domains.append({**domain, "weight": share, "weight_target": domain["weight"]})
    if len(planned["phases"]) > 1:
        record: dict[str, Json] = {**planned, "domains": domains}
    else:
        record = {**planned, "phases": [{**planned["phases"][0], "domains": domains}]}
    return {**record, "digest": mixture_digest(record)}


def _whole(mixture: Mapping[str, Any]) -> list[Any]:
    """Return the domains over all phases: those of the only one, where there is but one."""
    found: list[Any] = mixture["domains"] if len(mixture["phases"]) > 1 else mixture["phases"][0]["domains"]
    return found


def mixture_digest(record: Mapping[str, Json]) -> str:
    """Return the digest of a `mixture.json`: of all its fields but `digest`."""
    content = {key: value for key, value in record.items() if key != "digest"}
    return f"sha256:{hashlib.sha256(canonical_json(content).encode('utf-8')).hexdigest()}"


def dataset_record(
    tallies: Mapping[str, Sequence[ShardTally]], mixture: Mapping[str, Any], context: Context
) -> dict[str, Json]:
    """Return `dataset.json`.

    Args:
        tallies: of the shards, in order, by format.
        mixture: as realised.
        context: of the stage, for what went in.
    """
    first = tallies[context.config.formats[0]]
    rows, tokens = (sum(int(getattr(tally, name).sum()) for tally in first) for name in ("rows", "tokens"))
    splits = {"train": {"rows": rows, "tokens": tokens, "shards": len(first)}}
    everything = [tally for found in tallies.values() for tally in found]
    encoded = max(([t.encoded for t in found if t.encoded is not None] for found in tallies.values()), key=len)
    return {
        "schema": "mixpipe.dataset/1",
        "formats": list(context.config.formats),
        "layout": context.config.layout,
        "seed": context.config.seed,
        "config_digest": fingerprint(context.config.identity()),
        "mixture_digest": mixture["digest"],
        "tokenizer": {"sha256": context.inputs["ingest"].digest("tokenizer.json")},
        "inputs": {name: artefact.fingerprint for name, artefact in sorted(context.inputs.items())},
        "text_bytes": int(context.inputs["plan"].counts["bytes"]),
        "splits": splits,
        "domains": [_domain(domain, encoded) for domain in _whole(mixture)],
        "files": [tally.entry().model_dump(exclude_unset=True) for tally in everything],
    }


def _domain(domain: Mapping[str, Any], encoded: Sequence[NDArray[np.int64]]) -> dict[str, Json]:
    same = {key: domain[key] for key in ("id", "name", "available_tokens", "planned_tokens", "epochs", "docs")}
    written = {"rows": domain["copies"], "written_tokens": domain["planned_tokens"]}
    if encoded:
        written["encoded_tokens"] = int(np.sum(encoded, axis=0)[int(domain["id"].removeprefix("d"))])
    return {**same, **written, "weight_target": domain["weight_target"], "weight_realised": domain["weight"]}
