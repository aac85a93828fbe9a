"""The mixture and the shards of a run as it published them.

Read from `mixture.json` and, for the shards, the `dataset.json` of the data set; a copy of `train/` will do, and
without `dataset.json` nothing is known of the shards. Domains without a share or without a document are left out, and
named, because trainers refuse or hang on a zero weight; the others are scaled to sum to 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, Field

from mixpipe.errors import InputError, StoreError
from mixpipe.shards.exporters.blend import Blend, Phase, Portion
from mixpipe.shards.layout import phase_folders
from mixpipe.shards.records import ShardEntry, read_record

__all__ = ["read_blend"]


class _Domain(BaseModel):
    id: str = Field(pattern=r"^d\d+$")
    name: str
    weight: float = Field(ge=0, allow_inf_nan=False)
    planned_tokens: int = Field(ge=0)
    available_tokens: int = Field(ge=0)
    docs: int = Field(ge=0)
    copies: int = Field(ge=0)


class _Phase(BaseModel):
    name: str
    share: float = Field(gt=0, le=1)
    rate: str = "stable"
    domains: list[_Domain]


class _Constraints(BaseModel):
    max_epochs: float = Field(gt=0)


class _Mixture(BaseModel):
    schema_: Literal["mixpipe.mixture/1"] = Field(alias="schema")
    phases: list[_Phase] = Field(min_length=1)
    domains: list[_Domain] = []
    constraints: _Constraints | None = None


class _Folder(BaseModel):
    folder: str


class _Encoding(BaseModel):
    sequence_length: int | None
    vocabulary: int


class _Dataset(BaseModel):
    layout: Literal["mixed", "by-domain"]
    formats: list[str]
    files: list[ShardEntry]
    phases: list[_Folder]
    encoding: _Encoding | None = None


def read_blend(folder: Path) -> Blend:
    """Read the mixture of a run or of its `train/` folder.

    Raises:
        InputError: there is no mixture, or no domain of it has a document.
        StoreError: a record cannot be read, or its fields are not those of the schema.
    """
    path = folder / "mixture.json"
    if not path.is_file():
        raise InputError(
            f"expected mixture.json in {folder}, found none; give <root>/runs/<name> of a finished run, or its train/"
        )
    record = read_record(path, _Mixture)
    dataset = _read_dataset(folder)
    folders = [phase.folder for phase in dataset.phases] if dataset else phase_folders(len(record.phases))
    if len(folders) != len(record.phases):
        raise StoreError(f"expected {len(folders)} phases in {path}, as in dataset.json, found {len(record.phases)}")
    shards = _shards(dataset) if dataset and dataset.layout == "by-domain" else {}
    listed = record.domains or record.phases[0].domains
    phases = tuple(
        Phase(phase.name, phase.share, _portions(phase.name, phase.domains, path, place, shards), place, phase.rate)
        for phase, place in zip(record.phases, folders, strict=True)
    )
    whole = Phase("all", 1.0, _portions("all", listed, path, "data", {})) if len(phases) > 1 else phases[0]
    kept = {portion.id for portion in whole.portions}
    blend = Blend(phases, whole, tuple(domain.name for domain in listed if domain.id not in kept))
    if record.constraints:
        blend = replace(blend, max_epochs=record.constraints.max_epochs)
    if dataset is None:
        return blend
    blend = replace(blend, layout=dataset.layout, formats=tuple(dataset.formats))
    if dataset.encoding is None:
        return blend
    return replace(blend, packed=dataset.encoding.sequence_length, vocabulary=dataset.encoding.vocabulary)


def _read_dataset(folder: Path) -> _Dataset | None:
    found = [place / "dataset.json" for place in (folder / "train", folder) if (place / "dataset.json").is_file()]
    return read_record(found[0], _Dataset) if found else None


def _shards(dataset: _Dataset) -> dict[PurePosixPath, list[ShardEntry]]:
    """Return the shards of each folder in one format, that of tokens if there is one."""
    found: dict[PurePosixPath, dict[str, ShardEntry]] = {}
    for entry in sorted(dataset.files, key=lambda entry: (entry.encoded_tokens is not None, entry.path)):
        path = PurePosixPath(entry.path)
        found.setdefault(path.parent, {})[path.name.partition(".")[0]] = entry
    return {folder: list(entries.values()) for folder, entries in found.items()}


def _portions(
    name: str, domains: Sequence[_Domain], path: Path, folder: str, shards: Mapping[PurePosixPath, list[ShardEntry]]
) -> tuple[Portion, ...]:
    """Return the domains of a phase that are read, with their shards in its folder."""
    kept = [domain for domain in domains if domain.weight > 0 and domain.planned_tokens > 0 and domain.copies > 0]
    if not kept:
        raise InputError(f"expected a domain with a weight and documents in phase {name!r} of {path}, found none")
    total = fsum(domain.weight for domain in kept)
    return tuple(
        Portion(
            id=domain.id,
            name=domain.name,
            share=domain.weight / total,
            tokens=domain.planned_tokens,
            rows=domain.copies,
            documents=domain.docs,
            available_tokens=domain.available_tokens,
            shards=tuple(entry for entry in shards.get(PurePosixPath(folder, domain.id), []) if entry.rows),
        )
        for domain in kept
    )
