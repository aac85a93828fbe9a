"""What `mixpipe clean` leaves beside a run: cleaned training data in a folder of its own, and what was counted."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mixpipe.errors import ConfigError, InputError
from mixpipe.runs.run import load_artefacts
from mixpipe.shards.cleaning.labelling import RECORD
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.files import copy_file, link_or_copy, read_json
from mixpipe.store.fingerprint import Json

__all__ = ["Cleaned", "check_out", "publish_cleaned", "written_shards"]


@dataclass(frozen=True)
class Cleaned:
    """What token cleaning has written.

    Attributes:
        folder: the cleaned training data.
        record: counts, settings and digests of the models.
    """

    folder: Path
    record: Mapping[str, Json]

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        return {"folder": str(self.folder), **self.record}

    def lines(self) -> list[str]:
        """Return everything for people."""
        documents, tokens, responses, kept, left = (
            int(str(self.record[name]))
            for name in ("documents", "tokens", "response_tokens", "kept_tokens", "kept_documents")
        )
        return [
            f"{kept:,} of {responses:,} tokens of responses keep their label ({kept / responses:.1%}), of {tokens:,}",
            f"{left:,} of {documents:,} documents have such a token; the others are left out",
            f"wrote {self.folder}/data/**/*.parquet (input_ids, attention_mask, labels) and {RECORD}",
        ]


def written_shards(folder: Path) -> Artefact:
    """Return the shards of the run in a folder.

    Raises:
        InputError: this is no run, or it has none yet.
    """
    artefacts = load_artefacts(folder)
    if "shards" not in artefacts:
        raise InputError(f"expected a run with training data in {folder}, found none; `mixpipe run` writes it")
    return artefacts["shards"]


def check_out(out: Path) -> None:
    """Check that nothing in the way is lost: `data` and the manifest are replaced.

    Raises:
        ConfigError: the folder holds something else.
    """
    if out.exists() and not (out / RECORD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(
            f"expected a new or empty folder, or one that holds {RECORD}, at --out ({out}), found something else; "
            "choose another folder"
        )


def publish_cleaned(cleaned: Artefact, out: Path) -> Cleaned:
    """Link the data into a folder and copy its records.

    The manifest goes first and comes last: it says that the rest is whole. The record, by which the folder is known to
    be ours, comes first, so that what was stopped in the middle goes on.
    """
    (out / MANIFEST).unlink(missing_ok=True)
    copy_file(cleaned.path / RECORD, out / RECORD)
    shutil.rmtree(out / "data", ignore_errors=True)
    for entry in cleaned.manifest.files:
        if entry.name.startswith("data/"):
            link_or_copy(cleaned.path / entry.name, out / entry.name)
    copy_file(cleaned.path / MANIFEST, out / MANIFEST)
    return Cleaned(out, read_json(out / RECORD))
