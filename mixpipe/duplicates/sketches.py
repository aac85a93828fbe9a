"""Step `sketch`: the texts of one part to the keys of their bands, and how good each is to keep.

A signature has bands x rows minima (R-MinHash of the package rensa: one hash per shingle instead of one per minimum);
a band's key is the hash of its number and its minima, and two texts of similarity s share a key with probability
1 - (1 - s^rows)^bands. With the defaults, 25 x 5, that is .989 at s = .7 and .06 at s = .3; datatrove's 14 x 8 would
find .56 at .7. Whatever is found is compared exactly later, so the keys need not be precise and the signatures are
not kept. Exact duplicates, which ingest has marked, and texts of fewer than 5 words have no keys.

Scratch, per document 200 bytes of keys, 100 of rows and 8 of rank: `sketch-*-keys.npy` (rising), `sketch-*-rows.npy`
(the row of each key), `sketch-*-ranks.npy`. Indyk & Motwani 1998; Broder 1997; Dahlgaard et al. 2017, arXiv 1704.04370.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rensa import RMinHash

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.shingles import mixed, shingles_of
from mixpipe.store.artefact import Counts
from mixpipe.store.files import write_array
from mixpipe.store.stage import Context, Part

__all__ = ["band_keys", "minima", "plan_sketch", "ranks", "run_sketch"]

BATCH_DOCUMENTS = 1024
LENGTH_BITS, ID_BITS = 24, 32  # of a rank; the 8 above them are the source's
UNLISTED = 255


def plan_sketch(context: Context) -> list[Part]:
    """List one part per part of documents."""
    ingest = context.inputs["ingest"]
    return [
        Part(
            "sketch-" + file.removeprefix("part-").removesuffix(".parquet"),
            {"file": file},
            {"documents": ingest.digest(file), "algorithm": RMinHash.ALGORITHM_VERSION},
        )
        for file in ingest.names()
    ]


def run_sketch(context: Context, part: Part) -> Counts:
    """Write the keys of the bands of one part's documents, and every document's rank."""
    config: DuplicatesConfig = context.config
    keys, rows, ranked = [], [], []
    start = 0
    columns = ["id", "text", "source", "n_bytes", "duplicate"]
    file = pq.ParquetFile(context.inputs["ingest"].file(str(part.spec["file"])))
    for batch in file.iter_batches(BATCH_DOCUMENTS, columns=columns):
        firsts = np.flatnonzero(~batch["duplicate"].to_numpy(zero_copy_only=False))
        texts = batch["text"].take(pa.array(firsts)).to_pylist()
        found, held = band_keys(texts, config)
        keys.append(found)
        rows.append(start + firsts[held])
        ranked.append(ranks(batch, config.prefer))
        start += batch.num_rows
    flat = np.concatenate([np.zeros((0, config.bands), np.uint64), *keys]).ravel()
    order = np.argsort(flat)
    owners = np.repeat(np.concatenate([np.zeros(0, np.int64), *rows]), config.bands)
    write_array(context.out / f"{part.name}-keys.npy", flat[order])
    write_array(context.out / f"{part.name}-rows.npy", owners[order].astype(np.uint32))
    write_array(context.out / f"{part.name}-ranks.npy", np.concatenate([np.zeros(0, np.uint64), *ranked]))
    return {}


def band_keys(texts: Sequence[str], config: DuplicatesConfig) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the keys of the bands, (m, bands) uint64, of those texts that have shingles, and which those are, (m,)."""
    signatures, held = minima(texts, config)
    bands = signatures.reshape(len(held), config.bands, config.rows)
    keys = np.broadcast_to(np.arange(1, config.bands + 1, dtype=np.uint64), bands.shape[:2])
    for row in range(config.rows):
        keys = mixed(keys ^ mixed(bands[:, :, row] + np.uint64(row)))
    return keys, held


def minima(texts: Sequence[str], config: DuplicatesConfig) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return signatures, (m, bands * rows) uint64, of those texts that have shingles, and which these are, (m,)."""
    shingles = shingles_of(texts, numbers_alike=config.numbers_alike)
    count = config.bands * config.rows
    held = np.flatnonzero(np.diff(shingles.offsets))
    # A text without shingles has the same offset at both ends, and without it the others' still follow each other.
    offsets = np.concatenate([[0], shingles.offsets[held + 1]])
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        shingles.hashes, offsets.astype(np.uint64), count, config.seed
    )
    return np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(held), count), held


def ranks(batch: pa.RecordBatch, prefer: Sequence[str]) -> NDArray[np.uint64]:
    """Return the rank of every document, (n,) uint64; of two near duplicates that of the lower rank is kept.

    By source, where some are preferred, then the longer (up to 16 MiB), then by id. Of ids 32 bits are compared; where
    they are equal too, of one pair of equal length in 4 billion, the earlier document is kept.
    """
    places = {source: place for place, source in enumerate(prefer)}
    source = np.array([places.get(name, UNLISTED) for name in batch["source"].to_pylist()], np.uint64)
    length = np.minimum(batch["n_bytes"].to_numpy(), (1 << LENGTH_BITS) - 1).astype(np.uint64)
    shortness = np.uint64((1 << LENGTH_BITS) - 1) - length
    tail = np.array([int(name[: ID_BITS // 4], 16) for name in batch["id"].to_pylist()], np.uint64)
    return np.asarray((source << np.uint64(LENGTH_BITS + ID_BITS)) | (shortness << np.uint64(ID_BITS)) | tail)
