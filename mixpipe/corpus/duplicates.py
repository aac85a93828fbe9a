"""Exact duplicates over the whole corpus, and an even sample of its texts, in bounded memory.

Equal texts have equal ids, so both need the ids alone. The ids of all pieces are dealt by hash into as many spill files
as keep each near 4 million ids (about 300 MB of work); each is then sorted by (id, place), and all but the first of
equal ids are marked. Marks are bytes of a file on disk, one per document in input order. The sample is the documents
of the smallest keyed hashes, so it depends on the set of texts and the seed and on nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq

from mixpipe.corpus.pieces import Piece
from mixpipe.store.files import read_table, whole_file

__all__ = ["mark_duplicates", "sample_texts"]

MOST_IDS = 1 << 22  # sorted at once
ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("place", "<u8")])  # id, and number of the document in the corpus
SAMPLE_CHARACTERS = 4096  # of one text, so that no long document rules the sample


def mark_duplicates(
    out: Path, pieces: Sequence[Piece], marks: Path, *, sample: int, seed: int, most_ids: int = MOST_IDS
) -> np.ndarray:
    """Write the marks of all documents and return the places of a sample.

    Args:
        out: folder for spill files.
        pieces: all pieces in input order.
        marks: the file to write: one byte per document, 1 for all but the first of equal texts.
        sample: number of distinct texts to draw.
        seed: key of the draw.
        most_ids: how many ids are sorted at once, about; changes memory, not the result.

    Returns:
        (at most `sample`,) uint64, rising places of the drawn documents.
    """
    total = sum(piece.rows for piece in pieces)
    drawn = np.empty((0, 2), np.uint64)
    with whole_file(marks) as scratch, TemporaryDirectory(dir=out, prefix=".ids-") as folder:
        flags = np.memmap(scratch, np.uint8, "w+", shape=(max(total, 1),))
        for entries in _spilled(out, pieces, Path(folder), -(-max(total, 1) // most_ids)):
            order = np.lexsort((entries["place"], entries["low"], entries["high"]))
            ranked = entries[order]
            repeated = np.zeros(len(ranked), bool)
            repeated[1:] = (ranked["high"][1:] == ranked["high"][:-1]) & (ranked["low"][1:] == ranked["low"][:-1])
            flags[ranked["place"][repeated]] = 1
            firsts = ranked[~repeated]
            keyed = np.stack([_keyed(firsts["low"], seed), firsts["place"]], axis=1)
            drawn = np.concatenate([drawn, keyed])
            drawn = drawn[np.lexsort((drawn[:, 1], drawn[:, 0]))][:sample]
        flags.flush()
        del flags
    return np.sort(drawn[:, 1])


def sample_texts(out: Path, pieces: Sequence[Piece], places: np.ndarray) -> Iterator[str]:
    """Yield the beginnings of the texts at the given places, in order.

    Args:
        out: folder of the pieces.
        pieces: all pieces in input order.
        places: (n,) uint64, rising.
    """
    starts = np.cumsum([0, *(piece.rows for piece in pieces)]).astype(np.uint64)
    cuts = np.searchsorted(places, starts)
    for piece, start, first, last in zip(pieces, starts, cuts, cuts[1:], strict=False):
        if last > first:
            texts = read_table(out / piece.file, ["text"])["text"]
            for text in texts.take(places[first:last] - start).to_pylist():
                yield text[:SAMPLE_CHARACTERS]


def _spilled(out: Path, pieces: Sequence[Piece], folder: Path, buckets: int) -> Iterator[np.ndarray]:
    """Yield the entries of all documents, equal ids always together, through files when there are many."""
    if buckets == 1:
        parts = list(_entries(out, pieces))
        yield np.concatenate(parts) if parts else np.empty(0, ENTRY)
        return
    names = [folder / f"{bucket:05d}" for bucket in range(buckets)]
    with ExitStack() as stack:
        files = [stack.enter_context(name.open("wb")) for name in names]
        for entries in _entries(out, pieces):
            dealt = (entries["high"] % np.uint64(buckets)).astype(np.int64)
            ordered = entries[np.argsort(dealt, kind="stable")]
            edges = np.searchsorted(np.sort(dealt), np.arange(buckets + 1))
            for bucket in np.flatnonzero(np.diff(edges)):
                files[bucket].write(ordered[edges[bucket] : edges[bucket + 1]].tobytes())
    for name in names:
        yield np.fromfile(name, ENTRY)


def _entries(out: Path, pieces: Sequence[Piece]) -> Iterator[np.ndarray]:
    place = 0
    for piece in pieces:
        ids = pq.read_table(out / piece.file, columns=["id"], partitioning=None)["id"].to_pylist()
        entries = np.empty(len(ids), ENTRY)
        words = np.frombuffer(bytes.fromhex("".join(ids)), "<u8").reshape(-1, 2)
        entries["high"], entries["low"] = words[:, 0], words[:, 1]
        entries["place"] = np.arange(place, place + len(ids))
        place += len(ids)
        yield entries


def _keyed(low: np.ndarray, seed: int) -> np.ndarray:
    """Mix the low halves of ids, (n,) uint64, with the seed: the finaliser of SplitMix64 (Steele et al. 2014)."""
    mixed = low + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
