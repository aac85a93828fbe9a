"""From `paths` to the list of input files: what is read, what is passed over, what every file is called.

A path is a file, a folder (walked with its subfolders), a glob, `hf:NAME[:CONFIG[:SPLIT]]`, or the URL of an object, a
prefix or a glob of an object store (`s3://bucket/prefix`, see `remote.py`). Passed over in folders:
names that begin with a dot; names that begin with an underscore, unless they are source code; the names of JUNK;
names that end like JUNK_ENDINGS; and, beside data files, the files that describe them (DESCRIPTIONS, unless they are
data files too). A file named in `paths` itself is always read. Links are followed after all else and everything is
visited once, by inode, so loops end and an alias is not a second document. What is no regular file, or cannot be
opened, goes to the quarantine.

A file's identity is its name under its path, escaped to printable characters, and the SHA-256 of its bytes. When two
paths hold a file of one name, the later is prefixed with its path's place (`2/name`).
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

from mixpipe.corpus.readers.dispatch import reader_by_suffix, suffix_of
from mixpipe.errors import InputError
from mixpipe.registry import load_plugin
from mixpipe.store.cache import is_remote
from mixpipe.store.fingerprint import Json, file_digest, fingerprint

__all__ = [
    "DATA_SUFFIXES",
    "WILDCARD",
    "InputFile",
    "check_unchanged",
    "input_files",
    "inputs_identity",
    "passed_over",
    "printable",
]

JUNK = frozenset({"_temporary", "_delta_log", "__pycache__", "__macosx", "dataset_dict.json"})
JUNK_ENDINGS = (".crc", ".tmp", ".temp", ".lock", ".swp", ".pyc", "~")
DATA_SUFFIXES = frozenset({".jsonl", ".ndjson", ".parquet", ".pq", ".arrow", ".feather"})
DESCRIPTIONS = ("readme", "license", "licence", "notice", "dataset_info.json", "state.json")
WILDCARD = re.compile(r"[*?\[]")
# By import string, so that `datasets` and what lists object stores load only when asked for.
HUB = {"hf": "mixpipe.corpus.hub:hub_files"}
STORE = {"store": "mixpipe.corpus.remote:copies_of"}

Seen: TypeAlias = set[tuple[int, int]]  # device and inode of what was visited


@dataclass(frozen=True)
class InputFile:
    """One file of the corpus; `path` and `changed` are for this machine only, the rest is its identity."""

    name: str  # under its path, printable
    path: str
    size: int  # bytes
    changed: int  # when it was last written, ns
    digest: str | None  # SHA-256; none when it cannot be read
    reason: str | None = None  # why it cannot be read: a reason of the quarantine


def input_files(paths: Sequence[str], field: str) -> list[InputFile]:
    """Return every input file, hashed, in the order of `paths` and then of names.

    Args:
        paths: the field's value.
        field: its name, for errors.

    Raises:
        InputError: a path does not exist, or there is no file at all.
    """
    found: dict[str, Path] = {}
    seen: Seen = set()
    for place, path in enumerate(paths, 1):
        for name, file in _expanded(path, field, seen):
            label = printable(name)
            while label in found:
                label = f"{place}/{label}"
            found[label] = file
    if not found:
        raise InputError(
            f"expected data files in {field}, found none in {', '.join(map(printable, paths))}; hidden files, "
            "_SUCCESS, .crc, .tmp and _temporary/ are passed over"
        )
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_described, found, found.values()))


def inputs_identity(files: Sequence[InputFile]) -> dict[str, Json]:
    """Return what identifies the input: one digest over the names, sizes and digests of all files."""
    rows: list[Json] = [[file.name, file.size, file.digest or file.reason] for file in files]
    return {"files": len(files), "bytes": sum(file.size for file in files), "digest": fingerprint(rows)}


def check_unchanged(files: Sequence[InputFile], expected: Mapping[str, Json], field: str) -> None:
    """Check that the input is still what the artefact is named after: hashing a large one takes hours.

    Raises:
        InputError: a file was added, removed or changed.
    """
    found = inputs_identity(files)
    if found != expected:
        raise InputError(
            f"expected {field} as it was when the run began ({expected['files']} files, {expected['bytes']} bytes), "
            f"found it changed ({found['files']} files, {found['bytes']} bytes); run again"
        )


def printable(text: str) -> str:
    """Escape what a terminal, a log or UTF-8 cannot take; different texts stay different."""
    return "".join(char if char.isprintable() and char != "\\" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte of a name that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def _described(name: str, path: Path) -> InputFile:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return InputFile(name, str(path), 0, 0, None, "not-a-file")  # never opened: a pipe would block
        digest = _digest(path, status.st_size, status.st_mtime_ns, status.st_ino)
        return InputFile(name, str(path), status.st_size, status.st_mtime_ns, digest)
    except FileNotFoundError:
        return InputFile(name, str(path), 0, 0, None, "dangling-link")
    except OSError:
        return InputFile(name, str(path), 0, 0, None, "unreadable")


@lru_cache(maxsize=1 << 20)
def _digest(path: Path, size: int, changed: int, inode: int) -> str:
    """Hash a file once per process, though every step asks for it."""
    return file_digest(path)


def _expanded(path: str, field: str, seen: Seen) -> Iterator[tuple[str, Path]]:
    """Yield (name under the path, file) for one entry of `paths`."""
    scheme, colon, name = path.partition(":")
    root = Path(path)
    if colon and scheme in HUB:
        yield from load_plugin(HUB, scheme, "hub")(name)
    elif is_remote(path):
        copies = load_plugin(STORE, "store", "store")(path, field)
        yield from (found for found in copies if _is_new(found[1], seen))
    elif root.is_dir():
        yield from _walk([root], root, seen)
    elif os.path.lexists(root):
        yield from _walk([root], root.parent, seen)
    elif matches := _matches(root):
        yield from _walk(matches[1], matches[0], seen)
    else:
        raise InputError(
            f"expected a file, a folder, a glob, a URL or hf:NAME in {field}, found nothing at {printable(path)}"
        )


def _matches(pattern: Path) -> tuple[Path, list[Path]] | None:
    """Return the folder above the first wildcard, and what matches below it and is not passed over."""
    fixed = list(takewhile(lambda part: not WILDCARD.search(part), pattern.parts))
    top = Path(*fixed)
    rest = pattern.parts[len(fixed) :]
    found = sorted(top.glob(str(Path(*rest))), key=os.fsencode) if rest else []
    kept = [path for path in found if not any(passed_over(part.lower()) for part in path.relative_to(top).parts)]
    return (top, kept) if kept else None


def _walk(paths: list[Path], top: Path, seen: Seen) -> list[tuple[str, Path]]:
    """Return (name under `top`, file) for what is not passed over, in the order of names; links are followed last."""
    pending, links, files = paths[::-1], list[Path](), list[Path]()
    while pending or links:
        path = pending.pop() if pending else links.pop(0)
        if not _is_new(path, seen):
            continue
        inside = _listed(path) if path.is_dir() else None
        if inside is None:
            files.append(path)
        else:
            links += [child for child in inside if child.is_symlink()]
            pending += [child for child in reversed(inside) if not child.is_symlink()]
    named = ((str(file.relative_to(top)), file) for file in files)
    return sorted(named, key=lambda entry: os.fsencode(entry[0]))


def _is_new(path: Path, seen: Seen) -> bool:
    try:
        status = path.stat()
    except OSError:
        return True  # a dangling link, or a folder that may not be entered: reported later
    key = (status.st_dev, status.st_ino)
    new = key not in seen
    seen.add(key)
    return new


def _listed(folder: Path) -> list[Path] | None:
    """Return the entries of a folder that are not passed over, sorted; None when it cannot be listed."""
    try:
        children = sorted(folder.iterdir(), key=os.fsencode)
    except OSError:
        return None
    has_data = any(suffix_of(child.name) in DATA_SUFFIXES for child in children)
    return [child for child in children if not passed_over(child.name.lower(), beside_data=has_data)]


def passed_over(name: str, *, beside_data: bool = False) -> bool:
    """Tell whether an entry of a folder is no input by its name, in lower case."""
    if name.startswith(".") or name.endswith(JUNK_ENDINGS) or name in JUNK:
        return True
    if name.startswith("_") and reader_by_suffix(name) is None:
        return True
    return beside_data and name.startswith(DESCRIPTIONS) and suffix_of(name) not in DATA_SUFFIXES
