"""Where artefacts lie, and the last two moves of sealing: drop what the manifest does not list, rename."""

import shutil
from contextlib import suppress
from pathlib import Path

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST, Artefact, FileEntry
from mixpipe.store.files import describe_os_error
from mixpipe.store.fingerprint import file_digest

__all__ = ["artefact_path", "file_entry", "install"]


def artefact_path(root: Path, stage: str, digest: str) -> Path:
    """Return where the artefact of a stage lies."""
    return root / "artifacts" / stage / digest


def file_entry(out: Path, path: Path) -> FileEntry:
    """Return the manifest's line for a file under `out`, which is read to hash it."""
    return FileEntry(name=str(path.relative_to(out)), bytes=path.stat().st_size, sha256=file_digest(path))


def install(out: Path, target: Path) -> Artefact:
    """Move a folder whose manifest is written to where artefacts lie, unless another process was first.

    Args:
        out: the stage's scratch folder; may be gone when `target` is sealed.
        target: where the artefact belongs.

    Raises:
        StoreError: the artefact is damaged.
    """
    if not (target / MANIFEST).is_file():
        listed = {entry.name for entry in Artefact.read(out).manifest.files} | {MANIFEST}
        for path in [path for path in out.rglob("*") if path.is_file()]:
            if str(path.relative_to(out)) not in listed:
                path.unlink()
        for folder in sorted((path for path in out.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):  # not empty: it holds listed files
                folder.rmdir()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            out.replace(target)
        except OSError as error:
            if not (target / MANIFEST).is_file():  # nobody was first, so this is real trouble
                raise StoreError(describe_os_error(error, target)) from error
    shutil.rmtree(out, ignore_errors=True)
    return Artefact.load(target)
