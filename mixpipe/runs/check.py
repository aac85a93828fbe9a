"""Verify what is there: a run with its store, or training data that was copied away from both."""

from pathlib import Path
from typing import cast

from mixpipe.errors import InputError, StoreError
from mixpipe.runs.run import load_artefacts
from mixpipe.shards.records import read_record
from mixpipe.shards.verify import Verification, verify_run, verify_shards
from mixpipe.store.artefact import MANIFEST, Artefact, Manifest
from mixpipe.store.fingerprint import Json, fingerprint

__all__ = ["verify_folder"]

ALONE = (
    "checked against the folder's own manifest, without store and plan: a manifest that was changed together with the "
    "data would not be found; verify the run for that"
)


def verify_folder(folder: Path) -> Verification:
    """Verify a run in `<root>/runs/<name>`, or a folder of training data by the manifest that lies in it.

    Raises:
        InputError: it is neither, or the run has no shards yet.
    """
    alone = (folder / MANIFEST).is_file() and not (folder / "run.json").is_file()
    try:
        return _verify_alone(folder) if alone else verify_run(folder, load_artefacts(folder, Artefact.read))
    except StoreError as error:  # the run's record or a manifest is gone or unreadable
        return Verification([str(error)], files=0)


def _verify_alone(folder: Path) -> Verification:
    """Verify training data as far as its manifest allows."""
    manifest = read_record(folder / MANIFEST, Manifest)
    is_whole = manifest.digest in ("", manifest.content_digest())  # or its stage's name may be what is damaged
    if is_whole and manifest.stage != "shards":
        raise InputError(
            f"expected a run or the training data of one, found an artefact of {manifest.stage} in {folder}; "
            "give <root>/runs/<name> or a copy of its train/"
        )
    found = verify_shards(folder, manifest=manifest)
    found.note = ALONE
    if fingerprint(cast(Json, manifest.identity)) != manifest.fingerprint:
        found.problems.append(f"{MANIFEST}: its fingerprint is not that of its identity")
    return found
