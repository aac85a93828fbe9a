"""Input files of an object store: listed by their URL, copied into a local cache, read from there.

Choice: files are copied whole before they are read. Their contents must be hashed anyway to know what they are; readers
may then call a file damaged without meaning a network that failed; and a copy is checked for being what was listed. The
cost is the corpus's stored size on the disk of `MIXPIPE_CACHE`. A copy is known by the object's URL, size and version
(S3's ETag), so a rerun copies only what is new. The cache may be deleted between runs.

A URL is an object, a prefix or a glob; what is passed over and what files are called are those of local folders.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from fsspec.utils import glob_translate

from mixpipe.corpus.inputs import DATA_SUFFIXES, WILDCARD, passed_over, printable
from mixpipe.corpus.readers.dispatch import suffix_of
from mixpipe.errors import InputError, StoreError
from mixpipe.store.cache import cache_folder
from mixpipe.store.files import whole_file
from mixpipe.store.fingerprint import fingerprint
from mixpipe.store.remote import AT_ONCE, Remote, Stored

__all__ = ["RemoteFile", "copies_of", "fetch_all", "remote_files", "to_fetch"]

LONGEST_NAME = 40  # characters of an object's name that its copy keeps: readers go by the suffix


class RemoteFile(NamedTuple):
    """One object of the input: its name under its URL, and what is known of it without reading it."""

    folder: str  # URL of the folder that the name is below
    name: str
    stored: Stored

    @property
    def copy(self) -> Path:
        """Where its local copy lies, or will."""
        known = fingerprint([f"{self.folder}/{self.name}", *self.stored])
        return cache_folder() / "inputs" / known[:2] / f"{known}-{PurePosixPath(self.name).name[-LONGEST_NAME:]}"


def remote_files(url: str, field: str) -> list[RemoteFile]:
    """Return the objects that a URL names, in the order of their names.

    Args:
        url: an object, a prefix or a glob.
        field: the setting's name, for errors.

    Raises:
        InputError: there is nothing, or it cannot be listed.
    """
    try:
        found = _one_or_below(url) or _matches(url)
    except StoreError as error:
        raise InputError(f"expected objects in {field}: {error}") from error
    if not found:
        raise InputError(f"expected an object, a prefix or a glob in {field}, found nothing at {printable(url)}")
    return found


def to_fetch(urls: Mapping[str, str]) -> list[RemoteFile]:
    """Return the objects that URLs name, given with their fields, and that have no local copy yet."""
    return [file for url, field in urls.items() for file in remote_files(url, field) if not file.copy.is_file()]


def fetch_all(files: Sequence[RemoteFile]) -> Iterator[str]:
    """Copy objects into the cache, several at once, yielding the name of each.

    Raises:
        InputError: one changes meanwhile.
        StoreError: one cannot be read.
    """

    def fetched(file: RemoteFile) -> str:
        _fetch(file)
        return file.name

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(fetched, files)


def copies_of(url: str, field: str) -> Iterator[tuple[str, Path]]:
    """Yield (name, local copy) of every object that a URL names, copying what is not there yet.

    Raises:
        InputError: there is nothing, it cannot be listed, or it changes meanwhile.
        StoreError: an object cannot be read.
    """
    files = remote_files(url, field)
    for file, _ in zip(files, fetch_all(files), strict=True):
        yield file.name, file.copy


def _fetch(file: RemoteFile) -> None:
    """Copy an object into the cache, unless it is there; only a copy of what was listed gets its name."""
    if file.copy.is_file():
        return
    remote = Remote(file.folder)
    with whole_file(file.copy) as scratch:
        remote.get(file.name, scratch)
        if scratch.stat().st_size != file.stored.size or remote.stored(file.name) != file.stored:
            raise InputError(f"expected {file.folder}/{file.name} as it was listed, found it changed; run again")


def _one_or_below(url: str) -> list[RemoteFile]:
    found = Remote(url).files()
    if "" in found:
        folder, _, name = url.rstrip("/").rpartition("/")
        return [RemoteFile(folder, name, found[""])]
    return _kept(url.rstrip("/"), found, None)


def _matches(url: str) -> list[RemoteFile]:
    """Return what a glob matches: objects, and all that lies below matching folders."""
    fixed = "/".join(takewhile(lambda part: not WILDCARD.search(part), url.split("/")))
    if fixed == url:
        return []
    return _kept(fixed, Remote(fixed).files(), re.compile(glob_translate(url[len(fixed) + 1 :])))


def _kept(folder: str, found: Mapping[str, Stored], glob: re.Pattern[str] | None) -> list[RemoteFile]:
    """Return what a folder and those in it have, or those that the glob matches, without what is passed over."""
    ways = {name: [*[*PurePosixPath(name).parents][-2::-1], PurePosixPath(name)] for name in found}
    data = {place.parent for way in ways.values() for place in way if suffix_of(place.name) in DATA_SUFFIXES}

    def is_kept(name: str) -> bool:
        inside = glob is None  # a folder that was asked for, whose data may have descriptions beside them
        for place in ways[name]:
            if passed_over(place.name.lower(), beside_data=inside and place.parent in data):
                return False
            inside = inside or glob is None or glob.match(str(place)) is not None
        return inside

    ordered = sorted(filter(is_kept, found), key=lambda name: name.encode("utf-8", "surrogateescape"))
    return [RemoteFile(folder, name, found[name]) for name in ordered]
