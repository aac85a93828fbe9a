"""The records of a data set, as far as they can be recounted: `dataset.json` and `mixture.json`.

`dataset.json` (schema `mixpipe.dataset/1`) with the manifest's file hashes is what `verify` needs to recount a copy of
the data without the store.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from mixpipe.errors import StoreError
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import Json, canonical_json

__all__ = ["DatasetRecord", "DomainEntry", "MixtureRecord", "ShardEntry", "mixture_digest", "read_record"]

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


class PhaseCounts(BaseModel):
    """One phase in `dataset.json`: its shards lie in `folder`."""

    name: str
    folder: str
    domains: list[DomainEntry]


class DatasetRecord(BaseModel):
    """`dataset.json`, as far as it can be recounted."""

    formats: list[str]
    files: list[ShardEntry]
    domains: list[DomainEntry]
    phases: list[PhaseCounts] = Field(min_length=1)


class WeightEntry(BaseModel):
    """One domain in `mixture.json`."""

    id: str
    weight: float


class PhaseEntry(BaseModel):
    """One phase in `mixture.json`."""

    name: str
    domains: list[WeightEntry]


class MixtureRecord(BaseModel):
    """`mixture.json`, as far as it can be recounted."""

    phases: list[PhaseEntry] = Field(min_length=1)
    domains: list[WeightEntry] = []  # over all phases, where there are several
    digest: str

    def weights(self, phase: int | None = None) -> dict[str, float]:
        """Return the share of each domain in a phase, or in the whole data."""
        whole = self.domains or self.phases[0].domains
        return {domain.id: domain.weight for domain in (whole if phase is None else self.phases[phase].domains)}


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


def mixture_digest(record: Mapping[str, Json]) -> str:
    """Return the digest of a `mixture.json`: of all its fields but `digest`."""
    content = {key: value for key, value in record.items() if key != "digest"}
    return f"sha256:{hashlib.sha256(canonical_json(content).encode('utf-8')).hexdigest()}"
