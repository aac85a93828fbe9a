"""Parts of documents and embeddings, read row by row beside each other."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.store.files import read_json, read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context
from mixpipe.vectors import vectors_of

__all__ = ["read_embeddings", "read_encoder", "text_batches"]

# Documents per batch: with 4,000 characters read of each, words as Python objects took 15 MiB a batch.
BATCH_DOCUMENTS = 1024


def read_embeddings(context: Context, name: str) -> NDArray[np.float32]:
    """Return the embeddings of one part: (n, dimensions) float32."""
    column = read_table(context.inputs["embed"].file(name), ["vector"])["vector"]
    return vectors_of(column).astype(np.float32)


def read_encoder(context: Context) -> dict[str, Json]:
    """Return what made the embeddings; not in which precision, which moves a vector by less than domains differ."""
    record: dict[str, Json] = read_json(context.inputs["embed"].file("encoder.json"))
    return {name: value for name, value in record.items() if name != "dtype"}


def text_batches(path: Path, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (row of its first document, batch) over one part of documents, in bounded memory."""
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(BATCH_DOCUMENTS, columns=columns):
        yield start, batch
        start += batch.num_rows
