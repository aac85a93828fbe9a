"""First pass of the shuffle: copies of some parts' documents, grouped by the shard they belong to.

One Arrow IPC file per group of parts, one record batch per shard, rows sorted by position; the second pass reads one
batch of every file without touching the rest. Parts are grouped up to a quarter of a shard's text: fewer and larger
reads for the second pass, and still four times more groups than shards to share among workers. Memory: one group's
text. Disk: the planned text once, until the stage is sealed.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import StageError, StoreError
from mixpipe.shards.layout import ShardLayout
from mixpipe.shards.shuffle import place_copies
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table, whole_file
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context
from mixpipe.tables import SHARDS

__all__ = ["SCATTERED", "group_parts", "last_id_before", "read_batches", "write_batches"]

GROUPS_PER_SHARD = 4
SCORES = ("quality", "licence_tier")
# Texts with 64-bit offsets: a shard that chance or long tokens make larger than 2 GiB is still one column to take from.
TEXT = pa.field("text", pa.large_string(), nullable=False)
SCATTERED = pa.schema(
    [
        *(TEXT if field.name == "text" else field for field in SHARDS if field.name != "domain_name"),
        pa.field("position", pa.float64(), nullable=False),
    ]
)


def group_parts(plan: Artefact, shard_mib: float) -> list[list[Json]]:
    """Return groups of consecutive parts: each part's file and the row in the corpus of its first document."""
    groups: list[list[Json]] = []
    # As if one were full already: the first part opens a group, however large it is.
    held, first_row, limit = np.inf, 0, shard_mib * 2**20 / GROUPS_PER_SHARD
    for part in sorted(plan.manifest.parts, key=lambda entry: entry.name):
        size = part.counts["bytes"]
        if held + size > limit:
            groups.append([])
            held = 0
        groups[-1].append((f"{part.name}.parquet", first_row))
        held += size
        first_row += int(part.counts["documents"])
    return groups


def write_batches(context: Context, path: Path, parts: Sequence[tuple[str, int]], layout: ShardLayout) -> int:
    """Write the copies of some parts' documents, one batch per shard; return their number."""
    loaded = [_planned_documents(context, name, first_row) for name, first_row in parts]
    documents = pa.concat_tables([table for table, _ in loaded]).combine_chunks()
    keys = [key for _, part_keys in loaded for key in part_keys]
    del loaded  # `documents` is a copy: both together would be twice the group's text
    by_phase = documents["copies_by_phase"].combine_chunks().flatten().to_numpy().reshape(-1, len(layout.first))
    placed = place_copies(keys, by_phase, context.config.seed)
    shard = layout.shards(placed.phase, documents["domain"].to_numpy()[placed.row], placed.position)
    order = np.argsort(shard, kind="stable")  # inside a shard by position, as before
    edges = np.searchsorted(shard[order], np.arange(len(layout.names) + 1))
    with whole_file(path) as scratch, pa.ipc.new_file(scratch, SCATTERED) as writer:
        for start, stop in pairwise(edges.tolist()):
            chosen = order[start:stop]
            rows = documents.take(placed.row[chosen])
            rows = rows.append_column("copy", pa.array(placed.copy[chosen]))
            rows = rows.append_column("position", pa.array(placed.position[chosen]))
            batch = rows.select(SCATTERED.names).cast(SCATTERED).combine_chunks().to_batches()
            # No rows make no batch, but the second pass finds a shard's batch by its number.
            writer.write_batch(batch[0] if batch else pa.RecordBatch.from_pylist([], schema=SCATTERED))
    return len(shard)


def read_batches(paths: list[Path], shard: int) -> pa.Table:
    """Return one shard's rows from every file of the first pass, mapped into memory and not yet in order."""
    return pa.Table.from_batches(list(_batches(paths, shard)), SCATTERED)


def last_id_before(paths: list[Path], shard: int, first: int = 0) -> str | None:
    """Return the id of the last row before a shard, from shard `first` on; None when there is none.

    Reads one row per file and shard.
    """
    for earlier in range(shard - 1, first - 1, -1):
        lasts = [batch.slice(batch.num_rows - 1) for batch in _batches(paths, earlier) if batch.num_rows]
        if lasts:
            return str(max((row["position"][0].as_py(), row["id"][0].as_py()) for row in lasts)[1])
    return None


def _batches(paths: list[Path], shard: int) -> Iterator[pa.RecordBatch]:
    for path in paths:
        try:
            with pa.memory_map(str(path)) as source:
                yield pa.ipc.open_file(source).get_batch(shard)
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"expected an Arrow file at {path}, found: {error}; delete {path} and run again"
            ) from error


def _planned_documents(context: Context, name: str, first_row: int) -> tuple[pa.Table, list[str]]:
    """Return one part's documents with a copy or more, and the key of each one's place.

    The key is the id; for a duplicate, whose id another document has, also its row, so that equal texts are as far
    apart as others.
    """
    plan = read_table(context.inputs["plan"].file(name), ["id", "domain", "copies", "copies_by_phase"])
    columns = ["id", "text", "source", "n_tokens", "duplicate", "meta"]
    documents = read_table(context.inputs["ingest"].file(name), columns)
    documents = documents.set_column(columns.index("text"), TEXT, documents["text"].cast(TEXT.type))
    if not plan["id"].equals(documents["id"]):
        raise StageError(
            f"expected the {documents.num_rows} documents of {name} in the same rows of plan, found {plan.num_rows} "
            "rows with other ids; delete the artefact of plan and run again"
        )
    for column in ("domain", "copies", "copies_by_phase"):
        documents = documents.append_column(column, plan[column])
    for column, values in _scores(context.inputs["scores"].file(name), documents.num_rows).items():
        documents = documents.append_column(column, values)
    rows: NDArray[np.int64] = np.flatnonzero(plan["copies"].to_numpy())
    documents = documents.take(rows)
    ids, duplicate = documents["id"].to_pylist(), documents["duplicate"].to_pylist()
    pairs = zip(ids, duplicate, (rows + first_row).tolist(), strict=True)
    return documents.drop_columns("duplicate"), [f"{key}:{row}" if again else key for key, again, row in pairs]


def _scores(path: Path, rows: int) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Return the scores that go into the shards, in float32; nulls for one that was not asked for."""
    known = [name for name in SCORES if name in pq.read_schema(path).names]
    table = read_table(path, known)
    return {name: table[name] if name in known else pa.nulls(rows, pa.float32()) for name in SCORES}
