"""Second half of semantic duplicates: from links to the document that is kept, and back to the rows of ingest.

`semantic-settle` applies the threshold and follows links to the kept document, `semantic` writes what was found beside
every part of documents: scratch files `semantic-*.parquet` (SEMANTIC), row by row, null for what was not compared. An
exact duplicate, which was not compared, has what its text has; `semantic-copies.parquet` holds that of such texts.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mixpipe.duplicates.dealing import by_part
from mixpipe.duplicates.semantic import kept_instead
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, read_table, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part
from mixpipe.tables import TWINS

__all__ = [
    "COPIES_FILE",
    "SEMANTIC",
    "THRESHOLD_FILE",
    "finish_settle",
    "plan_return",
    "plan_settle",
    "run_return",
    "run_settle",
    "semantic_digest",
    "semantic_file",
    "semantic_of",
]

SEMANTIC = pa.schema([TWINS.field(name) for name in ("id", "semantic_twin", "semantic_similarity")])
SETTLED = pa.schema(
    [pa.field("part", pa.int32(), nullable=False), pa.field("row", pa.int64(), nullable=False), *SEMANTIC]
)
THRESHOLD_FILE = "semantic-threshold.json"
COPIES_FILE = "semantic-copies.parquet"
ROWS_PER_GROUP = 4096  # of settled rows, sorted by part: a part reads its own row groups


def semantic_file(part: str) -> str:
    """Return the name of the file that belongs to a part of documents, e.g. `part-00003-of-00016.parquet`."""
    return "semantic" + part.removeprefix("part")


def semantic_of(context: Context, part: str, rows: int) -> tuple[list[str | None], list[float | None]]:
    """Return the twins of a part's documents and their similarities, row by row; all None where it is switched off."""
    path = context.out / semantic_file(part)
    if not path.is_file():
        return [None] * rows, [None] * rows
    found = read_table(path)
    return found["semantic_twin"].to_pylist(), found["semantic_similarity"].to_pylist()


def semantic_digest(context: Context, part: str) -> str | None:
    """Return the digest of what was found about a part's documents; None where it is switched off."""
    path = context.out / semantic_file(part)
    return file_digest(path) if path.is_file() else None


def plan_settle(context: Context) -> list[Part]:
    """List one part per file of links."""
    threshold: dict[str, Json] = {"threshold": read_json(context.out / THRESHOLD_FILE)}
    paths = sorted(context.out.glob("semantic-compare-*.parquet"))
    names = [path.stem.removeprefix("semantic-compare-") for path in paths]
    return [Part(f"semantic-settle-{name}", {"bucket": name}, {"bucket": name, **threshold}) for name in names]


def run_settle(context: Context, part: Part) -> Counts:
    """Write the kept twin of each document, sorted by the part of documents that it is in."""
    threshold = float(read_json(context.out / THRESHOLD_FILE))
    table = read_table(context.out / f"semantic-compare-{part.spec['bucket']}.parquet")
    similarity = table["similarity"].fill_null(-np.inf).to_numpy()
    counts = np.where(table["settled"].to_numpy(), np.inf, similarity)
    twin = kept_instead(counts, table["link"].to_numpy(), threshold)
    columns = {name: table[name] for name in ("part", "row", "id")}
    columns["semantic_twin"] = table["id"].take(pa.array(twin, mask=twin < 0))
    columns["semantic_similarity"] = table["similarity"]
    settled = pa.table(columns).take(np.lexsort((table["row"], table["part"])))
    write_table(context.out / f"{part.name}.parquet", settled, SETTLED, row_group_rows=ROWS_PER_GROUP)
    return {"semantic_duplicates": int((twin >= 0).sum())}


def finish_settle(context: Context) -> Counts:
    """Write what was found about texts that have exact duplicates, to be told of these too."""
    ingest = context.inputs["ingest"]
    tables = (read_table(ingest.file(name), ["id", "duplicate"]) for name in ingest.names())
    chunks = [chunk for table in tables for chunk in table.filter(table["duplicate"])["id"].chunks]
    copied = pc.unique(pa.chunked_array(chunks, pa.string()))
    paths = sorted(context.out.glob("semantic-settle-*.parquet"))
    settled = (read_table(path, SEMANTIC.names) for path in paths)
    found = [table.filter(pc.is_in(table["id"], value_set=copied)) for table in settled]
    write_table(context.out / COPIES_FILE, pa.concat_tables([SEMANTIC.empty_table(), *found]).sort_by("id"), SEMANTIC)
    return {}


def plan_return(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return by_part(context, "semantic", {"threshold": read_json(context.out / THRESHOLD_FILE)})


def run_return(context: Context, part: Part) -> Counts:
    """Write what was found about each document of a part, row by row."""
    table = read_table(context.inputs["ingest"].file(str(part.spec["part"])), ["id", "duplicate"])
    mine = [("part", "=", int(str(part.spec["number"])))]
    paths = sorted(context.out.glob("semantic-settle-*.parquet"))
    found = pa.concat_tables(
        [SETTLED.empty_table(), *(pq.read_table(p, filters=mine, partitioning=None) for p in paths)]
    )
    place = np.full(len(table), -1)
    place[found["row"].to_numpy()] = np.arange(found.num_rows)
    copies = read_table(context.out / COPIES_FILE)
    of_text = pc.index_in(pc.if_else(table["duplicate"], table["id"], None), value_set=copies["id"], skip_nulls=True)
    at_text = pc.add(of_text, found.num_rows)
    rows = pc.coalesce(pa.array(place, mask=place < 0), at_text.cast(pa.int64()))
    both = pa.concat_tables([found.select(SEMANTIC.names), copies])
    columns = {name: both[name].take(rows) for name in SEMANTIC.names[1:]}
    write_table(context.out / f"{part.name}.parquet", pa.table({"id": table["id"], **columns}), SEMANTIC)
    return {}
