"""Step `sketch`: the texts of one part to the keys of their bands.

A signature has bands x rows minima (R-MinHash of the package rensa: one hash per shingle instead of one per minimum);
a band's key is the hash of its number and its minima, and two texts of similarity s share a key with probability
1 - (1 - s^rows)^bands. With the defaults, 25 x 5, that is .989 at s = .7 and .06 at s = .3; datatrove's 14 x 8 would
find .56 at .7. Whatever is found is compared exactly later, so the keys need not be precise and the signatures are
not kept. Exact duplicates, which ingest has marked, and texts of fewer than 5 words have no keys.

Sealed, so that a grown corpus sketches its new documents only, 204 bytes per document: `sketch-*-keys.npy`
((m, bands) uint64) and `sketch-*-rows.npy` ((m,) uint32, rising). Indyk & Motwani 1998; Broder 1997; Dahlgaard et al.
2017, arXiv 1704.04370.
"""

from collections.abc import Sequence
from pathlib import Path

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

__all__ = ["band_keys", "minima", "plan_sketch", "run_sketch", "sketch_file"]

BATCH_DOCUMENTS = 1024


def sketch_file(context: Context, file: str, column: str) -> Path:
    """Return where the `keys` of a part's documents that have shingles are, or the `rows` of these documents."""
    return context.out / f"{_name(file)}-{column}.npy"


def plan_sketch(context: Context) -> list[Part]:
    """List one part per part of documents."""
    ingest, config = context.inputs["ingest"], context.config
    settings = {name: getattr(config, name) for name in ("bands", "rows", "numbers_alike", "seed")}
    return [
        Part(
            _name(file),
            {"file": file},
            {"documents": ingest.digest(file), "algorithm": RMinHash.ALGORITHM_VERSION, **settings},
        )
        for file in ingest.names()
    ]


def run_sketch(context: Context, part: Part) -> Counts:
    """Write the keys of the bands of one part's documents."""
    config: DuplicatesConfig = context.config
    keys, rows = [np.zeros((0, config.bands), np.uint64)], [np.zeros(0, np.int64)]
    start = 0
    file = pq.ParquetFile(context.inputs["ingest"].file(str(part.spec["file"])))
    for batch in file.iter_batches(BATCH_DOCUMENTS, columns=["text", "duplicate"]):
        firsts = np.flatnonzero(~batch["duplicate"].to_numpy(zero_copy_only=False))
        texts = batch["text"].take(pa.array(firsts)).to_pylist()
        found, held = band_keys(texts, config)
        keys.append(found)
        rows.append(start + firsts[held])
        start += batch.num_rows
    write_array(sketch_file(context, str(part.spec["file"]), "keys"), np.concatenate(keys))
    write_array(sketch_file(context, str(part.spec["file"]), "rows"), np.concatenate(rows).astype(np.uint32))
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


def _name(file: str) -> str:
    return "sketch-" + file.removeprefix("part-").removesuffix(".parquet")
