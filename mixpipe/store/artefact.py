"""What a finished stage is: a folder of files and a manifest that was written last.

    <root>/artifacts/<stage>/<fingerprint>/manifest.json

The presence of the manifest is the only completion test. It lists every file with its size and SHA-256, every
part with its identity (so that a later artefact of the same stage can take over equal parts), and the counts. What
differs between two equal runs (host, seconds, memory) stands apart under `provenance` and is no part of identity.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, ValidationError

from mixpipe.errors import StoreError
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import Json, canonical_json, file_digest

__all__ = ["MANIFEST", "Artefact", "FileEntry", "Manifest", "PartEntry"]

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1

Counts = dict[str, float]


class FileEntry(BaseModel):
    """One file of an artefact."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    bytes: int
    sha256: str


class PartEntry(BaseModel):
    """One unit of work: the files it wrote and what it counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    step: str
    name: str
    identity: str
    files: tuple[FileEntry, ...]
    counts: dict[str, float]


class Manifest(BaseModel):
    """The record of a finished stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: int = SCHEMA_VERSION
    stage: str
    version: int
    fingerprint: str
    identity: dict[str, object]
    files: tuple[FileEntry, ...]
    parts: tuple[PartEntry, ...]
    counts: dict[str, float]
    provenance: dict[str, object]
    digest: str = ""  # of all its other fields; none: sealed before there was one

    def content_digest(self) -> str:
        """Return what `digest` should be: a copy that lies apart from the store is checked by it."""
        content = cast(Json, self.model_dump(mode="json", exclude={"digest"}))
        return f"sha256:{hashlib.sha256(canonical_json(content).encode('utf-8')).hexdigest()}"


@dataclass(frozen=True)
class Artefact:
    """A sealed stage: where it lies and what its manifest says."""

    path: Path
    manifest: Manifest

    @classmethod
    def read(cls, path: Path) -> "Artefact":
        """Open a sealed artefact by its manifest alone.

        Raises:
            StoreError: not sealed, or the manifest is not readable.
        """
        try:
            return cls(path, Manifest.model_validate(read_json(path / MANIFEST)))
        except ValidationError as error:
            raise StoreError(f"expected a mixpipe manifest in {path}, found: {error}") from error

    @classmethod
    def load(cls, path: Path) -> "Artefact":
        """Open a sealed artefact, checking that its files are present with the sizes recorded.

        Raises:
            StoreError: not sealed, not readable, or a file is missing or of another size.
        """
        artefact = cls.read(path)
        for entry in artefact.manifest.files:
            file = path / entry.name
            size = file.stat().st_size if file.is_file() else None
            if size != entry.bytes:
                found = "no file" if size is None else f"{size} bytes"
                raise StoreError(
                    f"expected {entry.bytes} bytes in {file}, found {found}; delete the folder {path} and run again"
                )
        return artefact

    @property
    def counts(self) -> Mapping[str, float]:
        """What the stage counted (documents, tokens, ...)."""
        return self.manifest.counts

    @property
    def fingerprint(self) -> str:
        """The identity of the artefact: 32 hex digits."""
        return self.manifest.fingerprint

    def file(self, name: str) -> Path:
        """Return the path of one listed file.

        Raises:
            StoreError: the manifest does not list it.
        """
        if name not in self.listed:
            known = ", ".join(sorted(self.listed)[:8])
            raise StoreError(f"expected {name} in {self.path}, found {known}; delete the folder and run again")
        return self.path / name

    def digest(self, name: str) -> str:
        """Return the SHA-256 recorded for one listed file."""
        self.file(name)
        return self.listed[name].sha256

    def names(self, pattern: str = "part-*.parquet") -> list[str]:
        """Return the names of the listed files that match a glob pattern, sorted."""
        return sorted(name for name in self.listed if Path(name).match(pattern))

    def damage(self) -> list[str]:
        """Re-hash every file; return one line per file that is missing, unreadable, changed or not listed."""
        found = [f"{entry.name}: {wrong}" for entry in self.manifest.files if (wrong := self._damage_to(entry))]
        on_disk = {str(f.relative_to(self.path)) for f in self.path.rglob("*") if not f.is_dir()}
        extra = on_disk - set(self.listed) - {MANIFEST}
        return found + [f"{name}: not in the manifest" for name in sorted(extra)]

    def _damage_to(self, entry: FileEntry) -> str | None:
        """Return what is wrong with one file; None: nothing."""
        file = self.path / entry.name
        if not file.is_file():
            return "missing"
        try:
            whole = file_digest(file) == entry.sha256
        except OSError as error:  # a bad disk, or no right to read
            return f"unreadable ({error.strerror})"
        return None if whole else "changed since it was sealed (SHA-256 differs)"

    @cached_property
    def listed(self) -> dict[str, FileEntry]:
        """The manifest's lines of files, by name."""
        return {entry.name: entry for entry in self.manifest.files}
