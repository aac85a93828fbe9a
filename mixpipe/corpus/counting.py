"""Step `count` of ingest: every piece becomes a part of the documents, with token counts and marked duplicates.

A part is identified by its piece, the tokenizer and its duplicates, so that a run over a grown folder with the same
tokenizer takes the old parts over.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mixpipe.corpus.pieces import merge_quarantine
from mixpipe.corpus.reading import DUPLICATES, TOKENIZER, all_pieces, numbered
from mixpipe.errors import StageError
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, read_table, write_json, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part
from mixpipe.tables import DOCUMENTS, OTHER_SOURCES
from mixpipe.tokenizer import count_tokens, load_tokenizer

__all__ = ["finish_count", "plan_count", "run_count"]

MOST_SOURCES = 100_000  # listed in sources.json; those met later are added up under OTHER_SOURCES
SUMS = {"documents": "id_count", "bytes": "n_bytes_sum", "tokens": "n_tokens_sum", "duplicates": "duplicate_sum"}


def plan_count(context: Context) -> list[Part]:
    """List the pieces as the parts of the documents."""
    pieces = all_pieces(context)
    tokenizer = file_digest(context.out / TOKENIZER)
    marks = np.memmap(context.out / DUPLICATES, np.uint8, "r")
    parts, start = [], 0
    for name, piece in zip(numbered("part", len(pieces)), pieces, strict=True):
        stop = start + piece.rows
        # a digest, not the rows: a corpus may have 10^8 duplicates
        marked = hashlib.sha256(marks[start:stop].tobytes()).hexdigest()
        identity: dict[str, Json] = {"piece": piece.sha256, "tokenizer": tokenizer, "duplicates": marked}
        parts.append(Part(name, {"piece": piece.file, "start": start, "stop": stop}, identity))
        start = stop
    return parts


def run_count(context: Context, part: Part) -> Counts:
    """Count the tokens of one piece and mark its duplicates."""
    table = read_table(context.out / str(part.spec["piece"]), DOCUMENTS.names)
    texts = (text.as_py() for text in table["text"])
    tokens = np.array(count_tokens(load_tokenizer(str(context.out / TOKENIZER)), texts), np.int64)
    marks = np.memmap(context.out / DUPLICATES, np.uint8, "r")
    duplicate = marks[int(str(part.spec["start"])) : int(str(part.spec["stop"]))].astype(bool)
    for name, values in (("n_tokens", tokens), ("duplicate", duplicate)):
        table = table.set_column(DOCUMENTS.get_field_index(name), DOCUMENTS.field(name), pa.array(values))
    write_table(context.out / f"{part.name}.parquet", table, DOCUMENTS)
    return {
        "documents": table.num_rows,
        "tokens": int(tokens.sum()),
        "bytes": int(table["n_bytes"].to_numpy().sum()),
        "duplicates": int(duplicate.sum()),
    }


def finish_count(context: Context) -> Counts:
    """Merge the quarantine, add up the sources, and check that no record was lost.

    Raises:
        StageError: documents and rejected records do not add up to the records read.
    """
    merge_quarantine(context.out)
    sources: dict[str, dict[str, int]] = {}
    for path in sorted(context.out.glob("part-*.parquet")):
        for row in _by_source(path):
            known = row["source"] in sources or len(sources) < MOST_SOURCES
            entry = sources.setdefault(row["source"] if known else OTHER_SOURCES, dict.fromkeys(SUMS, 0))
            for name, column in SUMS.items():
                entry[name] += row[column]
    write_json(context.out / "sources.json", sources)
    indices = [read_json(path) for path in context.out.glob("read-*.json")]
    records = sum(index["records"] for index in indices)
    rejected = sum(index["records_rejected"] for index in indices)
    documents = sum(entry["documents"] for entry in sources.values())
    if documents + rejected != records:
        raise StageError(f"expected {records} records in all, found {documents} documents and {rejected} rejected")
    return {}


def _by_source(path: Path) -> list[dict[str, Any]]:
    """Return the sums of one part by source."""
    table = read_table(path, ["id", "source", "n_bytes", "n_tokens", "duplicate"])
    table = table.set_column(4, "duplicate", table["duplicate"].cast(pa.int64()))
    sums = [("id", "count"), ("n_bytes", "sum"), ("n_tokens", "sum"), ("duplicate", "sum")]
    rows: list[dict[str, Any]] = table.group_by("source", use_threads=False).aggregate(sums).to_pylist()
    return rows
