"""Steps `sets` and `verify`: the exact similarity of every pair that shares a key.

A pair's documents lie anywhere. `sets` reads each part once more and writes the shingles of those of its documents that
are in a pair, as sets in one file that is mapped into memory; `verify` then takes the pairs whose worse document lies
in its part and looks up the other's set where it is, so reading grows with the pairs and memory with one part. What is
left, at or above the threshold, is settled in one process by `near.py`.

Scratch: `sets-*-documents.npy` (MEMBER) and `sets-*-hashes.npy`; `verify-*.npz` (ids and similarity).
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.duplicates.shingles import shingles_of
from mixpipe.keyed import PLACE_BITS, named
from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, write_array, write_arrays
from mixpipe.store.stage import Context, Part

__all__ = ["jaccard", "plan_sets", "plan_verify", "run_sets", "run_verify"]

BATCH_DOCUMENTS = 1024
ROW_MASK = np.uint64((1 << 32) - 1)
# A document that is in a pair: its row, rising in a file; where in the file of hashes its set lies; its id.
MEMBER = np.dtype([("row", "<u4"), ("start", "<i8"), ("stop", "<i8"), ("id", "S32")])


class Sets(NamedTuple):
    """Shingle sets of the documents of one part that are in a pair.

    Attributes:
        documents: (n,) MEMBER.
        hashes: (m,) uint64 mapped into memory; of each document rising, each hash once.
    """

    documents: NDArray[np.void]
    hashes: NDArray[np.uint64]

    @classmethod
    def open(cls, documents: Path) -> "Sets":
        """Open the two files of one part."""
        return cls(np.array(map_array(documents)), map_array(_beside(documents, "hashes")))

    def of(self, row: int) -> tuple[bytes, NDArray[np.uint64]]:
        """Return id and set of the document in a row of the part."""
        found = self.documents[np.searchsorted(self.documents["row"], np.uint32(row))]
        return found["id"], np.asarray(self.hashes[found["start"] : found["stop"]])


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
        texts = batch["text"].take(chosen).to_pylist()
        hashes, offsets = shingles_of(texts, numbers_alike=context.config.numbers_alike)
        sets += [np.unique(hashes[a:b]) for a, b in pairwise(offsets)]
        ids += batch["id"].take(chosen).to_pylist()
        start += batch.num_rows
    documents = np.zeros(len(rows), MEMBER)
    documents["row"], documents["id"] = rows, ids
    documents["stop"] = np.cumsum([len(one) for one in sets])
    documents["start"][1:] = documents["stop"][:-1]
    write_array(context.out / f"{part.name}-documents.npy", documents)
    write_array(context.out / f"{part.name}-hashes.npy", np.concatenate([np.zeros(0, np.uint64), *sets]))
    return {"in_a_pair": len(rows)}


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
    places = (pairs[:, 1] >> PLACE_BITS).astype(np.int64)
    paths = sorted(out.glob("sets-*-documents.npy"))
    mine = Sets.open(paths[place])
    for other in np.unique(places):  # every other part is opened once
        others = Sets.open(paths[other])
        for worse, better in (pairs[places == other] & ROW_MASK).tolist():
            (worse_id, a), (better_id, b) = mine.of(worse), others.of(better)
            yield worse_id, better_id, jaccard(a, b)


def _slice(sorted_by: Path, path: Path, place: int) -> NDArray[np.uint64]:
    """Return of a file's column what stands beside the names, in a rising column, of the part at this place."""
    bounds = [named(number, np.zeros(1, np.int64))[0] for number in (place, place + 1)]
    first, last = np.searchsorted(map_array(sorted_by), bounds)
    return np.array(map_array(path)[first:last])


def _beside(path: Path, column: str) -> Path:
    return path.with_name(f"{path.name.rpartition('-')[0]}-{column}.npy")


def _parts(context: Context, step: str) -> list[Part]:
    return [
        Part(f"{step}-{file.removeprefix('part-').removesuffix('.parquet')}", {"file": file, "place": place}, {})
        for place, file in enumerate(context.inputs["ingest"].names())
    ]
