"""What documents share by a hash: keys of all parts, taken range by range.

Keys are hashes, so a range of their values holds an even share of them: a step that matches takes one range out of
every sorted file of the step before, which bounds memory whatever the corpus (32 bytes a key). A document is named by
its part and its row. The step before writes, by part of documents, `<step>-*-keys.npy` (rising), `-rows.npy` (the row
of each key) and `-ranks.npy` (of each row, lower is better).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.store.files import map_array
from mixpipe.store.stage import Part

__all__ = ["PLACE_BITS", "Keyed", "in_range", "named", "ranges_of"]

PLACE_BITS = np.uint64(32)  # a document's name is its part's number, shifted, plus its row


class Keyed(NamedTuple):
    """Keys of documents.

    Attributes:
        keys: (n,) uint64.
        documents: (n,) uint64, the names of those that they belong to.
        ranks: (n,) uint64 of these, lower is better.
    """

    keys: NDArray[np.uint64]
    documents: NDArray[np.uint64]
    ranks: NDArray[np.uint64]


def ranges_of(out: Path, keys: str, step: str, at_once: int) -> list[Part]:
    """List the ranges of a step that matches the keys which another step wrote, as few as keep to `at_once`."""
    total = sum(len(map_array(path)) for path in _key_files(out, keys))
    ranges = max(1, -(-total // at_once))
    return [Part(f"{step}-{i:05d}-of-{ranges:05d}", {"range": i, "of": ranges}, {}) for i in range(ranges)]


def in_range(out: Path, keys: str, part: Part) -> Keyed:
    """Return what all parts have of one range of keys: their sorted files are read in the middle."""
    number, count = int(str(part.spec["range"])), int(str(part.spec["of"]))
    bounds = [number * 2**64 // count, (number + 1) * 2**64 // count]
    taken = [_taken(path, place, bounds) for place, path in enumerate(_key_files(out, keys))]
    none = np.zeros(0, np.uint64)
    return Keyed(*(np.concatenate([none, *column]) for column in (zip(*taken, strict=True) if taken else ((),) * 3)))


def named(place: int, rows: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return the names of documents of the part at this place, (n,) uint64."""
    return (np.uint64(place) << PLACE_BITS) | rows.astype(np.uint64)


def _key_files(out: Path, keys: str) -> Sequence[Path]:
    """Return the files of keys in the order of the parts."""
    return sorted(out.glob(f"{keys}-*-keys.npy"))


def _taken(path: Path, place: int, bounds: Sequence[int]) -> Keyed:
    """Return of one part what has its key in [first bound, second bound)."""
    keys = map_array(path)
    first, last = (int(np.searchsorted(keys, np.uint64(b))) if b < 2**64 else len(keys) for b in bounds)
    rows, ranks = (map_array(path.with_name(path.name.replace("-keys", f"-{what}"))) for what in ("rows", "ranks"))
    return Keyed(np.array(keys[first:last]), named(place, rows[first:last]), ranks[rows[first:last]])
