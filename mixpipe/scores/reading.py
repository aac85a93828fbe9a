"""What every step reads: documents with vectors and domains, aligned by row, and the fitted scorers."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixpipe.errors import StageError
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.protocol import Batch, Scorer
from mixpipe.store.files import read_arrays, read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context
from mixpipe.vectors import vectors_of

__all__ = ["check_aligned", "domain_names", "is_masked", "read_batch", "scorers_of", "upstream"]


def read_batch(context: Context, file: str) -> tuple[Batch, np.ndarray]:
    """Return a part's documents with vectors and domains, and which of them are duplicates."""
    columns = ["id", "text", "n_tokens", "duplicate"]
    documents = read_table(context.inputs["ingest"].file(file), columns)
    embeddings = read_table(context.inputs["embed"].file(file))
    assigned = read_table(context.inputs["domains"].file(file))
    for name, table in (("embed", embeddings), ("domains", assigned)):
        check_aligned(name, file, table.column("id"), documents.column("id"))
    batch = Batch(
        ids=documents.column("id").to_pylist(),
        texts=documents.column("text").to_pylist(),
        vectors=vectors_of(embeddings["vector"]).astype(np.float32),
        domains=assigned.column("domain").to_numpy(),
        tokens=documents.column("n_tokens").to_numpy(),
    )
    return batch, documents.column("duplicate").to_numpy(zero_copy_only=False)


@lru_cache(maxsize=1)
def scorers_of(out: Path, names: tuple[str, ...]) -> dict[str, Scorer]:
    """Rebuild the scorers once per process."""
    return {name: load_plugin(SCORERS, name, "scorer")(read_arrays(out / f"{name}.npz")) for name in names}


def upstream(context: Context, file: str) -> dict[str, Json]:
    """Return the digests of the files that a part is read from."""
    return {name: context.inputs[name].digest(file) for name in ("ingest", "embed", "domains")}


def check_aligned(stage: str, file: str, ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> None:
    """Check that a stage's rows are those of ingest.

    Raises:
        StageError: they are not.
    """
    if not ids.equals(expected):
        raise StageError(
            f"expected the ids of ingest in {file} of {stage}, found others ({len(ids)} rows against {len(expected)}); "
            f"delete the artefact of {stage} and run again"
        )


def is_masked(context: Context) -> bool:
    """Tell whether personal data are masked in the corpus."""
    config = context.inputs["ingest"].manifest.identity["config"]
    return isinstance(config, dict) and bool(config.get("mask"))


def domain_names(context: Context) -> tuple[str, ...]:
    """Return the domains' names by number."""
    return tuple(read_table(context.inputs["domains"].file("domains.parquet"), ["name"])["name"].to_pylist())
