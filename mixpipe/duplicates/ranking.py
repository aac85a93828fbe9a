"""Step `rank`: how good every document is to keep, and each part's keys in rising order.

Of two near duplicates that of the lower rank is kept: by source, where some are preferred, then the longer (up to
16 MiB), then by id. A text that came from several sources counts as from the best of them, so that no order of files
matters. Of ids 32 bits are compared; where they are equal too, of one pair of equal length in 4 billion, the earlier
document is kept.

Scratch, per document 200 bytes of keys, 100 of rows and 8 of rank: `rank-*-keys.npy` (rising), `rank-*-rows.npy` (the
row of each key), `rank-*-ranks.npy`; of texts with copies in preferred sources `preferred.npz`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.sketches import sketch_file
from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, read_arrays, read_table, write_array, write_arrays
from mixpipe.store.stage import Context, Part

__all__ = ["PREFERRED_FILE", "Preferred", "finish_sketch", "plan_rank", "ranks", "ranks_file", "run_rank"]

PREFERRED_FILE = "preferred.npz"
LENGTH_BITS, ID_BITS = 24, 32  # of a rank; the 8 above them are the source's
UNLISTED = 255


class Preferred(NamedTuple):
    """Texts that have a copy in a preferred source.

    Attributes:
        ids: (n,) bytes, rising.
        places: (n,) uint64, of the best such source in `duplicates.prefer`.
    """

    ids: NDArray[np.bytes_]
    places: NDArray[np.uint64]

    def of(self, ids: NDArray[np.bytes_]) -> NDArray[np.uint64]:
        """Return the place of each text, (m,) uint64; `UNLISTED` where no copy has a preferred source."""
        if not len(self.ids):
            return np.full(len(ids), UNLISTED, np.uint64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, self.places[at], np.uint64(UNLISTED))


def finish_sketch(context: Context) -> Counts:
    """Write the best preferred source of every text that has copies in one, reading ids and sources only."""
    config: DuplicatesConfig = context.config
    ids, places = [np.zeros(0, "S32")], [np.zeros(0, np.uint64)]
    for name in context.inputs["ingest"].names() if config.prefer else ():
        table = read_table(context.inputs["ingest"].file(name), ["id", "source", "duplicate"])
        listed = pc.is_in(table["source"], value_set=pa.array(config.prefer, pa.string()))
        copies = table.filter(pc.and_(table["duplicate"], listed))
        ids.append(np.array(copies["id"].to_pylist(), "S32"))
        places.append(np.array([config.prefer.index(source) for source in copies["source"].to_pylist()], np.uint64))
    every, place = np.concatenate(ids), np.concatenate(places)
    order = np.lexsort((place, every))
    distinct, firsts = np.unique(every[order], return_index=True)
    write_arrays(context.out / PREFERRED_FILE, **Preferred(distinct, place[order][firsts])._asdict())
    return {}


def plan_rank(context: Context) -> list[Part]:
    """List one part per part of documents."""
    names = context.inputs["ingest"].names()
    return [Part(f"rank-{_tail(file)}", {"file": file}, {}) for file in names]


def run_rank(context: Context, part: Part) -> Counts:
    """Write the rank of every document of one part, and its keys sorted."""
    config, file = context.config, str(part.spec["file"])
    table = read_table(context.inputs["ingest"].file(file), ["id", "source", "n_bytes"])
    preferred = Preferred(**read_arrays(context.out / PREFERRED_FILE))
    keys, rows = (map_array(sketch_file(context, file, column)) for column in ("keys", "rows"))
    order = np.argsort(keys, axis=None)
    write_array(context.out / f"{part.name}-keys.npy", keys.ravel()[order])
    write_array(context.out / f"{part.name}-rows.npy", rows[order // config.bands])
    write_array(context.out / f"{part.name}-ranks.npy", ranks(table, config.prefer, preferred))
    return {}


def ranks_file(context: Context, file: str) -> Path:
    """Return where the ranks of a part's documents are, (n,) uint64."""
    return context.out / f"rank-{_tail(file)}-ranks.npy"


def ranks(table: pa.Table, prefer: Sequence[str], preferred: Preferred) -> NDArray[np.uint64]:
    """Return the rank of every document, (n,) uint64, lower is better.

    Args:
        table: of documents: id, source, n_bytes.
        prefer: sources, best first.
        preferred: of texts with copies.
    """
    places = {source: place for place, source in enumerate(prefer)}
    ids = table["id"].to_pylist()
    own = np.array([places.get(name, UNLISTED) for name in table["source"].to_pylist()], np.uint64)
    source = np.minimum(own, preferred.of(np.array(ids, "S32")))
    length = np.minimum(table["n_bytes"].to_numpy(), (1 << LENGTH_BITS) - 1).astype(np.uint64)
    shortness = np.uint64((1 << LENGTH_BITS) - 1) - length
    tail = np.array([int(name[: ID_BITS // 4], 16) for name in ids], np.uint64)
    return np.asarray((source << np.uint64(LENGTH_BITS + ID_BITS)) | (shortness << np.uint64(ID_BITS)) | tail)


def _tail(file: str) -> str:
    return file.removeprefix("part-").removesuffix(".parquet")
