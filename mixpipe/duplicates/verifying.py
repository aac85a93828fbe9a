"""Steps `sets` and `verify`: the exact similarity of every pair that shares a key.

A pair's documents lie anywhere. `sets` reads each part once more and writes the shingles of those of its documents that
are in a pair, as sets in one file that is mapped into memory; `verify` then takes the pairs whose worse document lies in
its part and looks up the other's set where it is, so reading grows with the pairs and memory with one part. On the
shared corpus 9 % of the documents are in a pair. What is left, at or above the threshold, is settled in one process by
`near.py`.

Scratch: `sets-*-{rows,offsets,hashes,ids}.npy`; `verify-*.npz` (ids and similarity).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.duplicates.matching import PLACE_BITS, named
from mixpipe.duplicates.shingles import shingles_of
from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, write_array, write_arrays
from mixpipe.store.stage import Context, Part

__all__ = ["jaccard", "plan_sets", "plan_verify", "run_sets", "run_verify"]

BATCH_DOCUMENTS = 1024
ROW_MASK = np.uint64((1 << 32) - 1)


class Sets(NamedTuple):
    """Shingle sets of some documents of one part, mapped into memory.

    Attributes:
        rows: (n,) int64, rising.
        offsets: (n + 1,) int64.
        hashes: (m,) uint64; document i has `hashes[offsets[i] : offsets[i + 1]]`, rising, each once.
        ids: (n,) bytes.
    """

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    ids: NDArray[np.bytes_]

    def of(self, index: int) -> NDArray[np.uint64]:
        """Return the set of the document at an index."""
        return np.asarray(self.hashes[self.offsets[index] : self.offsets[index + 1]])


def plan_sets(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return _parts(context, "sets")


def plan_verify(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return _parts(context, "verify")


def run_sets(context: Context, part: Part) -> Counts:
    """Write the shingle sets of one part's documents that are in a pair."""
    place = int(str(part.spec["place"]))
    wanted = [_slice(path, path, place) for path in sorted(context.out.glob("match-*-either.npy"))]
    rows = np.unique(np.concatenate([np.zeros(0, np.uint64), *wanted]) & ROW_MASK).astype(np.int64)
    ids: list[str] = []
    sets: list[NDArray[np.uint64]] = []
    start = 0
    file = pq.ParquetFile(context.inputs["ingest"].file(str(part.spec["file"])))
    for batch in file.iter_batches(BATCH_DOCUMENTS, columns=["id", "text"]):
        first, last = np.searchsorted(rows, [start, start + batch.num_rows])
        chosen = pa.array(rows[first:last] - start)
        hashes, offsets = shingles_of(batch["text"].take(chosen).to_pylist())
        sets += [np.unique(hashes[a:b]) for a, b in zip(offsets, offsets[1:], strict=False)]
        ids += batch["id"].take(chosen).to_pylist()
        start += batch.num_rows
    columns = {
        "rows": rows,
        "offsets": np.cumsum([0, *(len(one) for one in sets)], dtype=np.int64),
        "hashes": np.concatenate([np.zeros(0, np.uint64), *sets]),
        "ids": np.array(ids, "S32"),
    }
    for name, column in columns.items():
        write_array(context.out / f"{part.name}-{name}.npy", column)
    return {}


def run_verify(context: Context, part: Part) -> Counts:
    """Write the pairs of one part's documents, as ids, that are as similar as asked."""
    place = int(str(part.spec["place"]))
    found = [
        (worse, better, similarity)
        for worse, better, similarity in _compared(context.out, place)
        if similarity >= context.config.threshold
    ]
    worse, better, similarity = zip(*found, strict=True) if found else ((), (), ())
    write_arrays(
        context.out / f"{part.name}.npz",
        worse=np.array(worse, "S32"),
        better=np.array(better, "S32"),
        similarity=np.array(similarity, np.float32),
    )
    return {}


def jaccard(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> float:
    """Return the similarity of two sets: rising uint64 each, not both empty."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def _compared(out: Path, place: int) -> Iterator[tuple[bytes, bytes, float]]:
    """Yield the ids and the similarity of every pair whose worse document lies in the part at this place."""
    ranges = sorted(out.glob("match-*-worse.npy"))
    slices = [
        np.stack([_slice(path, path, place), _slice(path, _beside(path, "better"), place)], axis=1) for path in ranges
    ]
    pairs = np.unique(np.concatenate([np.zeros((0, 2), np.uint64), *slices]), axis=0)
    pairs = pairs[np.argsort(pairs[:, 1] >> PLACE_BITS, kind="stable")]
    places = (pairs[:, 1] >> PLACE_BITS).astype(np.int64)
    paths = sorted(out.glob("sets-*-rows.npy"))
    mine, others, opened = _mapped(paths[place]), None, -1
    for (worse, better), other in zip((pairs & ROW_MASK).tolist(), places.tolist(), strict=True):
        if other != opened:
            others, opened = _mapped(paths[other]), other
        a, b = int(np.searchsorted(mine.rows, worse)), int(np.searchsorted(others.rows, better))
        yield mine.ids[a], others.ids[b], jaccard(mine.of(a), others.of(b))


def _slice(sorted_by: Path, path: Path, place: int) -> NDArray[np.uint64]:
    """Return of a file's column what stands beside the names, in a rising column, of the part at this place."""
    bounds = [named(number, np.zeros(1, np.int64))[0] for number in (place, place + 1)]
    first, last = np.searchsorted(map_array(sorted_by), bounds)
    return np.array(map_array(path)[first:last])


def _beside(path: Path, column: str) -> Path:
    return path.with_name(f"{path.name.rpartition('-')[0]}-{column}.npy")


def _mapped(rows: Path) -> Sets:
    return Sets(*(map_array(_beside(rows, column)) for column in Sets._fields))


def _parts(context: Context, step: str) -> list[Part]:
    return [
        Part(f"{step}-{file.removeprefix('part-').removesuffix('.parquet')}", {"file": file, "place": place}, {})
        for place, file in enumerate(context.inputs["ingest"].names())
    ]
