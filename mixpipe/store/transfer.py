"""Sealed artefacts to and from a remote root, which is laid out like a local one.

    <url>/artifacts/<stage>/<fingerprint>/manifest.json      written when every file that it lists is there

An artefact is sent once; one whose manifest is missing was interrupted and is sent anew as a whole, because what lies
there may be of another machine, whose floating point differs. What is fetched is hashed before it is installed.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST, Artefact, Manifest
from mixpipe.store.files import write_json
from mixpipe.store.install import artefact_path, install
from mixpipe.store.remote import Remote

__all__ = ["artefact_place", "fetch", "manifest_to_fetch", "names_to_send", "send"]


def artefact_place(stage: str, digest: str) -> str:
    """Return the folder of an artefact below a root."""
    return artefact_path(Path(), stage, digest).as_posix()


def names_to_send(remote: Remote, artefact: Artefact) -> list[str]:
    """Return the files of a sealed artefact in the order in which they go; none when it is there already."""
    place = artefact_place(artefact.manifest.stage, artefact.fingerprint)
    return [] if remote.read(f"{place}/{MANIFEST}") is not None else [*artefact.listed, MANIFEST]


def send(remote: Remote, artefact: Artefact, names: list[str]) -> Iterator[str]:
    """Copy what `names_to_send` has returned, yielding each name; the manifest goes last.

    Raises:
        StoreError: the store cannot be written.
    """
    place = artefact_place(artefact.manifest.stage, artefact.fingerprint)
    yield from remote.put_all(artefact.path, names, place)


def manifest_to_fetch(remote: Remote, root: Path, stage: str, digest: str) -> Manifest | None:
    """Return the manifest of an artefact that a remote root has whole and the local one has not; else None.

    Raises:
        StoreError: the manifest cannot be read.
    """
    if (artefact_path(root, stage, digest) / MANIFEST).is_file():
        return None
    place = f"{artefact_place(stage, digest)}/{MANIFEST}"
    found = remote.read(place)
    try:
        return None if found is None else Manifest.model_validate_json(found)
    except ValidationError as error:
        raise StoreError(f"expected a mixpipe manifest at {remote.url}/{place}, found: {error}") from error


def fetch(remote: Remote, root: Path, manifest: Manifest) -> Iterator[str]:
    """Copy a remote artefact into a local root and install it there, yielding the name of each file.

    Raises:
        StoreError: a file is missing or is not the one that was sealed.
    """
    place = artefact_place(manifest.stage, manifest.fingerprint)
    (root / "scratch").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=root / "scratch", prefix="fetch-") as scratch:
        out = Path(scratch) / "artefact"
        yield from remote.get_all([entry.name for entry in manifest.files], out, place)
        if damage := Artefact(out, manifest).damage():
            raise StoreError(
                f"expected {remote.url}/{place} as it was sealed, found {'; '.join(damage[:3])}; "
                "delete that folder and run again"
            )
        write_json(out / MANIFEST, manifest.model_dump(mode="json"))
        install(out, artefact_path(root, manifest.stage, manifest.fingerprint))
