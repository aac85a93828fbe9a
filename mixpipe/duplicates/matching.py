"""Step `match`: from the keys of all parts to the pairs of documents that are worth comparing.

Keys are hashes, so a range of their values holds an even share of them: each part of this step takes one range out of
every sorted file of the step before, which bounds memory whatever the corpus (32 bytes a key). Documents with equal
keys are a bucket. Each is paired with the bucket's best, and with the one just better than itself: two pairs a document
instead of all, so a bucket of a million copies costs two million. A document is named by its part and its row.

Scratch: `match-*-worse.npy` (rising) and `match-*-better.npy`, the pairs; `match-*-either.npy`, whoever is in one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, write_array
from mixpipe.store.stage import Context, Part

__all__ = ["PLACE_BITS", "Keyed", "in_range", "named", "pairs_of", "plan_match", "ranges_of", "run_match"]

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


def plan_match(context: Context) -> list[Part]:
    """List ranges of keys, as few as keep to `keys_at_once`."""
    return ranges_of(context, "rank", "match")


def run_match(context: Context, part: Part) -> Counts:
    """Write the pairs that share a key of one range."""
    pairs = pairs_of(*in_range(context, "rank", part))
    write_array(context.out / f"{part.name}-worse.npy", pairs[:, 0])
    write_array(context.out / f"{part.name}-better.npy", pairs[:, 1])
    write_array(context.out / f"{part.name}-either.npy", np.unique(pairs))
    return {}


def ranges_of(context: Context, keys: str, step: str) -> list[Part]:
    """List the ranges of a step that matches the keys which another step wrote."""
    total = sum(len(map_array(path)) for path in _key_files(context.out, keys))
    ranges = max(1, -(-total // context.config.keys_at_once))
    return [Part(f"{step}-{i:05d}-of-{ranges:05d}", {"range": i, "of": ranges}, {}) for i in range(ranges)]


def in_range(context: Context, keys: str, part: Part) -> Keyed:
    """Return what all parts have of one range of keys: their sorted files are read in the middle."""
    number, count = int(str(part.spec["range"])), int(str(part.spec["of"]))
    bounds = [number * 2**64 // count, (number + 1) * 2**64 // count]
    taken = [_taken(path, place, bounds) for place, path in enumerate(_key_files(context.out, keys))]
    none = np.zeros(0, np.uint64)
    return Keyed(*(np.concatenate([none, *column]) for column in (zip(*taken, strict=True) if taken else ((),) * 3)))


def named(place: int, rows: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return the names of documents of the part at this place, (n,) uint64."""
    return (np.uint64(place) << PLACE_BITS) | rows.astype(np.uint64)


def pairs_of(keys: NDArray[np.uint64], documents: NDArray[np.uint64], ranks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct pairs to compare: (m, 2) uint64, the worse document first, rising.

    Args:
        keys: (n,) of bands.
        documents: (n,) names of those that they belong to.
        ranks: (n,) of these, lower is better.
    """
    order = np.lexsort((documents, ranks, keys))
    keys, documents = keys[order], documents[order]
    is_best = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    best = np.maximum.accumulate(np.where(is_best, np.arange(len(keys)), 0))
    rest = np.flatnonzero(~is_best)
    pairs = [np.stack([documents[rest], documents[others]], axis=1) for others in (best[rest], rest - 1)]
    # A document has one key for each band, so it is in a bucket once and never paired with itself.
    return np.asarray(np.unique(np.concatenate(pairs), axis=0))


def _key_files(out: Path, keys: str) -> Sequence[Path]:
    """Return the files of keys in the order of the parts."""
    return sorted(out.glob(f"{keys}-*-keys.npy"))


def _taken(path: Path, place: int, bounds: Sequence[int]) -> Keyed:
    """Return of one part what has its key in [first bound, second bound)."""
    keys = map_array(path)
    first, last = (int(np.searchsorted(keys, np.uint64(b))) if b < 2**64 else len(keys) for b in bounds)
    step, _, stem = path.name.removesuffix("-keys.npy").partition("-")
    rows = map_array(path.with_name(f"{step}-{stem}-rows.npy"))[first:last]
    return Keyed(
        np.array(keys[first:last]), named(place, rows), map_array(path.with_name(f"rank-{stem}-ranks.npy"))[rows]
    )
