"""Folders of an object store, named by a URL such as `s3://bucket/run`, through fsspec.

An object is whole or absent, and nothing can be renamed: work is done in local folders, finished files are copied, and
the file that says so (a manifest) goes last. So what was interrupted has no manifest and is nothing. Only `s3` is
tested; other protocols of fsspec work as far as their packages do.

Endpoint and credentials are found by the store's own client in its environment (`AWS_ENDPOINT_URL`,
`AWS_ACCESS_KEY_ID`, `AWS_PROFILE`, a machine's role, ...). They never pass through here, and a URL that holds some is
refused, so that none is ever written down.
"""

import errno
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fsspec.core import url_to_fs

from mixpipe.errors import ConfigError, MixpipeError, StoreError
from mixpipe.store.cache import CACHE
from mixpipe.store.files import whole_file

__all__ = ["AT_ONCE", "Remote", "Stored"]

VERSIONS = ("ETag", "etag", "mtime", "LastModified", "created")  # what stores call a mark of an object's content
AT_ONCE = 16  # transfers in flight; each waits for the network most of the time
CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, of one who may read and write there"
# What to do, by the names of error classes: those of the store's client cannot be imported where it is not installed.
REMEDIES = {
    "NoCredentialsError": CREDENTIALS,
    "PermissionError": CREDENTIALS,
    "FileNotFoundError": "create the bucket, or correct the URL",
    "ProfileNotFound": "correct AWS_PROFILE",
}
CLIENT_ERRORS = {"botocore.exceptions": "BotoCoreError", "aiohttp": "ClientError"}
UNREACHABLE = "check AWS_ENDPOINT_URL and the network; the same command goes on where it stopped"


class Stored(NamedTuple):
    """One object: its size in bytes, and a mark of its content that another content does not have (S3's ETag)."""

    size: int
    version: str


@dataclass(frozen=True)
class Remote:
    """A folder of an object store; names are those of objects below it, with slashes."""

    url: str

    def files(self, below: str = "") -> dict[str, Stored]:
        """Return the objects below a folder by name, sorted; of a URL that is an object itself, that one as ``.

        Raises:
            ConfigError: the URL, or the package for it, is not usable.
            StoreError: the bucket cannot be listed.
        """
        with self._opened() as (store, path):
            found = store.find(f"{path}/{below}".rstrip("/"), detail=True)
        return {
            name[len(path) + 1 :]: _stored(entry)
            for name, entry in sorted(found.items())
            if entry["type"] == "file" and not name.endswith("/")  # a mark of a folder
        }

    def stored(self, name: str) -> Stored:
        """Return what is known of one object, asked for anew."""
        with self._opened() as (store, path):
            return _stored(store.info(f"{path}/{name}"))

    def read(self, name: str) -> bytes | None:
        """Return a small object's bytes; None where there is none."""
        with self._opened() as (store, path):
            try:
                return bytes(store.cat_file(f"{path}/{name}"))
            except FileNotFoundError:
                return None

    def get(self, name: str, target: Path) -> None:
        """Copy an object to a local file, whole or not at all."""
        with whole_file(target) as scratch, self._opened() as (store, path):
            store.get_file(f"{path}/{name}".rstrip("/"), str(scratch))

    def get_all(self, names: Sequence[str], folder: Path, below: str = "") -> Iterator[str]:
        """Copy objects into a local folder under their names, several at once, yielding each.

        Raises:
            StoreError: a name leads out of the folder.
        """
        for name in names:
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise StoreError(f"expected names below {self.url}/{below}, found {name!r}; remove that object")

        def get(name: str) -> str:
            self.get(_joined(below, name), folder / name)
            return name

        yield from _at_once(get, names)

    def put(self, source: Path, name: str) -> None:
        """Copy a local file to an object: whole or not at all, as object stores do."""
        with self._opened() as (store, path):
            store.put_file(str(source), f"{path}/{name}")

    def put_all(self, folder: Path, names: Sequence[str], below: str) -> Iterator[str]:
        """Copy files of a local folder, yielding each; the last of `names` goes when all others are there."""

        def put(name: str) -> str:
            self.put(folder / name, _joined(below, name))
            return name

        yield from _in_order(put, names)

    def copy_all(self, source: str, names: Sequence[str], below: str) -> Iterator[str]:
        """Copy objects inside the store, yielding each; the last of `names` goes when all others are there."""

        def copy(name: str) -> str:
            with self._opened() as (store, path):
                store.cp_file(f"{path}/{_joined(source, name)}", f"{path}/{_joined(below, name)}")
            return name

        yield from _in_order(copy, names)

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; those that are not there are no matter."""
        with self._opened() as (store, path):
            for name in names:
                store.rm_file(f"{path}/{name}")

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, str]]:
        """Give the file system and the path in it; turn its errors into one line."""
        opened = self._file_system()
        failures: tuple[type[Exception], ...] = (OSError, *_client_errors())
        try:
            yield opened
        except MixpipeError:
            raise
        except failures as error:
            raise StoreError(f"cannot reach {self.url}: {' '.join(str(error).split())}; {_remedy(error)}") from error

    def _file_system(self) -> tuple[Any, str]:
        parts = urlsplit(self.url)
        if not parts.netloc:
            raise ConfigError(f"expected a bucket, as in s3://bucket/folder, found {self.url!r}")
        if "@" in parts.netloc:
            raise ConfigError(f"expected a {parts.scheme}:// URL without credentials, found some; {CREDENTIALS}")
        try:
            opened: tuple[Any, str] = url_to_fs(self.url.rstrip("/"), use_listings_cache=False)
        except ImportError as error:
            raise ConfigError(f"cannot open {self.url}: {error}; for s3 `pip install mixpipe[s3]`") from error
        except ValueError as error:
            raise ConfigError(f"expected a URL such as s3://bucket/folder, found {self.url!r} ({error})") from error
        return opened


def _stored(entry: Mapping[str, Any]) -> Stored:
    return Stored(entry["size"], next((str(entry[key]) for key in VERSIONS if key in entry), ""))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _at_once(transfer: Callable[[str], str], names: Sequence[str]) -> Iterator[str]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(transfer, names)  # what has not begun is called off when one fails


def _in_order(transfer: Callable[[str], str], names: Sequence[str]) -> Iterator[str]:
    yield from _at_once(transfer, names[:-1])
    yield from map(transfer, names[-1:])


def _client_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the store's client that are no OSError, where it is loaded."""
    return tuple(getattr(sys.modules[module], kind) for module, kind in CLIENT_ERRORS.items() if module in sys.modules)


def _remedy(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space, or set {CACHE} to a folder on a larger disk"
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return next((REMEDIES[kind] for kind in kinds if kind in REMEDIES), UNREACHABLE)
