"""The end of step `verify`: which of two near duplicates is kept, over the whole corpus.

From the best document to the worst: one that is similar enough to a document that is kept is dropped and gets the most
similar of those as its twin; every other is kept. So whatever is dropped is itself as similar as asked to what stands
in its place, and a chain a - b - c with unlike ends loses b only, where union-find (datatrove, text-dedup) would lose b
and c too, and has made one group of 859,091 texts. It is the greedy independent set, found by following
pairs from those settled last. Memory: about 150 bytes per pair that is similar enough, in one process.

Writes `near-{ids,twins,similarities,sizes}.npy`, by rising id, for whoever has a near duplicate; removed at sealing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, read_arrays, write_array
from mixpipe.store.stage import Context

__all__ = ["Near", "finish_verify", "near_of", "settled"]


class Near(NamedTuple):
    """What became of n documents that have a near duplicate.

    Attributes:
        ids: (n,) bytes, rising.
        twins: (n,) bytes, the id kept instead; empty where the document itself is kept.
        similarities: (n,) float32 to the twin; 0 where kept.
        sizes: (n,) int32, texts in the group: the one kept and all that are dropped for it.
    """

    ids: NDArray[np.bytes_]
    twins: NDArray[np.bytes_]
    similarities: NDArray[np.float32]
    sizes: NDArray[np.int32]


def finish_verify(context: Context) -> Counts:
    """Settle all pairs and write the result."""
    parts = [read_arrays(path) for path in sorted(context.out.glob("verify-*.npz"))]
    empty = {"worse": np.zeros(0, "S32"), "better": np.zeros(0, "S32"), "similarity": np.zeros(0, np.float32)}
    near = settled(**{name: np.concatenate([none, *(part[name] for part in parts)]) for name, none in empty.items()})
    for name, column in near._asdict().items():
        write_array(context.out / f"near-{name}.npy", column)
    is_kept = near.twins == b""
    return {"near_duplicates": int((~is_kept).sum()), "near_groups": int((is_kept & (near.sizes > 1)).sum())}


def settled(worse: NDArray[np.bytes_], better: NDArray[np.bytes_], similarity: NDArray[np.float32]) -> Near:
    """Return what becomes of every document in a pair.

    Args:
        worse: (m,) ids.
        better: (m,) ids; following worse to better never leads back.
        similarity: (m,) of each pair, all large enough.
    """
    ids, numbers = np.unique(np.concatenate([worse, better]), return_inverse=True)
    source, target = numbers[: len(worse)], numbers[len(worse) :]
    kept = _kept(source, target, len(ids))
    usable = np.flatnonzero(kept[target] & ~kept[source])
    # Of several the most similar, of equals the smallest id: numbers rise with ids.
    order = usable[np.lexsort((target[usable], -similarity[usable], source[usable]))]
    dropped, firsts = np.unique(source[order], return_index=True)
    chosen = order[firsts]
    twin = np.arange(len(ids))
    twin[dropped] = target[chosen]
    similarities = np.zeros(len(ids), np.float32)
    similarities[dropped] = similarity[chosen]
    sizes = np.bincount(twin, minlength=len(ids))[twin].astype(np.int32)
    return Near(ids, np.where(kept, b"", ids[twin]).astype("S32"), similarities, sizes)


def near_of(context: Context, ids: Sequence[str]) -> tuple[list[str | None], list[float | None], list[int]]:
    """Return twin, similarity and size of group of documents by their ids; those of a duplicate are its text's."""
    near = Near(*(map_array(context.out / f"near-{name}.npy") for name in Near._fields))
    wanted = np.array(ids, "S32")
    at = np.minimum(np.searchsorted(near.ids, wanted), max(len(near.ids) - 1, 0))
    known = near.ids[at] == wanted if len(near.ids) else np.zeros(len(wanted), bool)
    found = [
        (near.twins[i], near.similarities[i], near.sizes[i]) if k else (b"", 0, 1)
        for i, k in zip(at, known, strict=True)
    ]
    twins = [twin.decode() or None for twin, _, _ in found]
    similarities = [float(value) if twin else None for twin, value, _ in found]
    return twins, similarities, [int(size) for _, _, size in found]


def _kept(source: NDArray[np.intp], target: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """Return which of `count` documents are kept: (count,) bool; every pair is looked at once, however long a chain."""
    worse = csr_matrix((np.ones(len(source), bool), (target, source)), shape=(count, count))  # by the better document
    better_left = np.bincount(worse.indices, minlength=count)  # of those that are not beaten
    kept: NDArray[np.bool_] = better_left == 0
    beaten = np.zeros(count, bool)
    fresh = np.flatnonzero(kept)
    while len(fresh):
        lost = np.unique(worse[fresh].indices)
        lost = lost[~beaten[lost]]
        beaten[lost] = True
        freed, times = np.unique(worse[lost].indices, return_counts=True)
        better_left[freed] -= times
        fresh = freed[(better_left[freed] == 0) & ~beaten[freed]]
        kept[fresh] = True
    return kept
