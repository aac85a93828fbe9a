"""Canonical JSON and its hash: the identity of everything mixpipe keeps.

Refuses what has no stable form (callables, sets, NaN, default reprs), so that the same configuration gives the
same fingerprint in every process and on every machine. 128 bits of BLAKE2b: inputs are hostile, so the hash must
resist deliberate collisions; 32 hex digits stay readable in a path. Files are hashed with SHA-256, which other
tools can check.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from mixpipe.errors import ConfigError

__all__ = ["Json", "canonical_json", "differences", "file_digest", "fingerprint", "text_id"]

Json: TypeAlias = bool | int | float | str | list["Json"] | tuple["Json", ...] | Mapping[str, "Json"] | None


def canonical_json(value: Json) -> str:
    """Return the one JSON text that stands for `value`: sorted keys, no spaces, shortest float form.

    Raises:
        ConfigError: `value` holds something without a stable form; the message gives its place and type.
    """
    _check(value, "value")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Json) -> str:
    """Return 32 hex digits (BLAKE2b-128) that identify `value` by its canonical JSON."""
    return hashlib.blake2b(canonical_json(value).encode("utf-8"), digest_size=16).hexdigest()


def text_id(text: str) -> str:
    """Return the content-derived document id: 32 hex digits (BLAKE2b-128) of the UTF-8 text."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits, reading it in bounded memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def differences(old: object, new: object, where: str = "") -> Iterator[str]:
    """Yield one line per field in which two JSON values differ, as `field: old -> new`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{where}.{key}" if where else key)
    elif old != new:
        yield f"{where}: {json.dumps(old)} -> {json.dumps(new)}"


def _check(value: object, where: str) -> None:
    if value is None or isinstance(value, bool | int | str):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ConfigError(f"expected a finite number at {where}, found {value}; it has no JSON form")
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ConfigError(f"expected text keys at {where}, found {key!r} ({type(key).__name__})")
            _check(item, f"{where}.{key}")
        return
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
        return
    raise ConfigError(
        f"expected JSON (null, bool, number, text, list, mapping) at {where}, found {type(value).__name__}, "
        "which has no form that is the same in every process; pass its name or its settings instead"
    )
