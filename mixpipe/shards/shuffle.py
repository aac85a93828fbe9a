"""The order of the training data: where each copy goes, and how repeats are kept apart.

Copy k of n lies at position (k + u) / n of the data, u a keyed hash of the document's id: positions are uniform, and
copies of one document are exactly 1/n of the data apart. Two of them can be neighbours only if no other document has a
copy in that stretch, and every document with at least n copies has one there: with M others the chance is below
(1 - 1/n)^M, 3e-13 for 4 copies among 100 documents. For tiny data, and for duplicates that were kept, `keep_apart`
swaps rows inside a shard or, where no swap helps, deals them out anew. It never moves the last row of a shard that has
a next one, so each shard is ordered alone, knowing only the last id before it. In a plan of several phases all of this
holds inside each, for each has shards of its own; what ends one and begins the next may be the same.
"""

from collections import Counter, deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.store.draws import keyed_uniforms

__all__ = ["Copies", "keep_apart", "place_copies", "shard_order"]


class Copies(NamedTuple):
    """One row per copy.

    Attributes:
        row: (n_copies,) int64, the document's row.
        copy: (n_copies,) int32, 0 for a document's first.
        phase: (n_copies,) int64, in which it is read.
        position: (n_copies,) float64 in [0, 1], its place in the data of its phase.
    """

    row: NDArray[np.int64]
    copy: NDArray[np.int32]
    phase: NDArray[np.int64]
    position: NDArray[np.float64]


def place_copies(keys: list[str], copies: NDArray[np.int32], seed: int) -> Copies:
    """Return the copies of some documents, sorted by phase and position.

    Args:
        keys: (n_docs,) what each document's place is hashed from: its id.
        copies: (n_docs, n_phases) int32, >= 0.
        seed: of the shuffle.
    """
    uniforms = keyed_uniforms(keys, f"position:{seed}")
    counts = copies.T.ravel()  # phase after phase
    place = np.repeat(np.arange(len(counts)), counts)
    phase, row = np.divmod(place, max(len(keys), 1))
    inside = np.arange(len(place)) - np.repeat(np.cumsum(counts, dtype=np.int64) - counts, counts)
    position = (inside + uniforms[row]) / counts[place]
    before = (np.cumsum(copies, axis=1) - copies)[row, phase]  # copies in earlier phases
    order = np.lexsort((position, phase))
    copy = (inside + before).astype(np.int32)
    return Copies(row[order], copy[order], phase[order], position[order])


def shard_order(position: pa.ChunkedArray, ids: pa.ChunkedArray, before: str | None, *, is_last: bool) -> pa.Array:
    """Return the rows of one shard in their final order: (n_rows,) int64.

    Args:
        position: (n_rows,) float64.
        ids: (n_rows,) strings.
        before: id of the row before the shard; None: there is none.
        is_last: no shard follows.

    Raises:
        StageError: one document has so many copies that no order keeps them apart.
    """
    keys = pa.table({"position": position, "id": ids})
    order = pc.sort_indices(keys, sort_keys=[("position", "ascending"), ("id", "ascending")])
    placed = ids.take(order)
    if not len(placed) or (placed[0].as_py() != before and not pc.any(pc.equal(placed[1:], placed[:-1])).as_py()):
        return order
    return order.take(pa.array(keep_apart(placed.to_pylist(), before, is_last=is_last)))


def keep_apart(ids: list[str], before: str | None, *, is_last: bool) -> list[int]:
    """Return an order of rows in which neighbours differ: near the given one, or else any that there is.

    Args:
        ids: of the rows, by position.
        before: id of the row before these; None: there is none.
        is_last: the last row may be moved.

    Returns:
        A permutation of the rows, which are the identity where nothing repeats.

    Raises:
        StageError: there is no such order.
    """
    order = _swapped(ids, before, is_last=is_last) or _dealt(ids, before, is_last=is_last)
    if order is None:
        (most, copies), *_ = Counter(ids).most_common(1)
        raise StageError(
            f"expected an order in which no document follows itself, found none for {copies} copies of {most} among "
            f"the {len(ids)} rows of {len(set(ids))} documents"
        )
    return order


def _swapped(ids: list[str], before: str | None, *, is_last: bool) -> list[int] | None:
    """Swap each repeat with the nearest row that fits; None where there is none, as happens among few rows."""
    order = list(range(len(ids)))
    end = len(ids) if is_last else len(ids) - 1

    def clashes(place: int) -> bool:
        left = before if place == 0 else ids[order[place - 1]]
        right = ids[order[place + 1]] if place + 1 < len(ids) else None
        return ids[order[place]] in (left, right)

    for place in range(len(ids)):
        left = before if place == 0 else ids[order[place - 1]]
        if ids[order[place]] != left:
            continue
        moved = min(place, end - 1)  # where the row itself is fixed, the one before it makes way
        for other in _by_distance(moved, end):
            order[moved], order[other] = order[other], order[moved]
            if not clashes(moved) and not clashes(other):
                break
            order[moved], order[other] = order[other], order[moved]
        else:
            return None
    return order


def _dealt(ids: list[str], before: str | None, *, is_last: bool) -> list[int] | None:
    """Deal the rows out anew, always of the id with most rows left that may follow; None where that is none."""
    rows: dict[str, deque[int]] = {}
    for row in range(len(ids) if is_last else len(ids) - 1):
        rows.setdefault(ids[row], deque()).append(row)
    # A fixed last row counts, as its id must not be left over for the place before it; among equals that id waits.
    fixed = None if is_last else ids[-1]
    heap = [(-count, name == fixed, rows[name][0], name) for name, count in Counter(ids).items() if name in rows]
    heapify(heap)
    order, left = list[int](), before
    while heap:
        fits = [heappop(heap)]
        if fits[0][3] == left:
            if not heap:
                return None
            fits.insert(0, heappop(heap))
            heappush(heap, fits.pop())
        ((count, waits, _, left),) = fits
        order.append(rows[left].popleft())
        if rows[left]:
            heappush(heap, (count + 1, waits, rows[left][0], left))
    if is_last:
        return order
    return None if left == fixed else [*order, len(ids) - 1]


def _by_distance(place: int, end: int) -> Iterator[int]:
    """Yield the places 0..end-1 other than `place`, nearest first, the later of two first."""
    for distance in range(1, end):
        yield from (other for other in (place + distance, place - distance) if 0 <= other < end)
