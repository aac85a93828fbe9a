"""Vectors that came with the corpus: found in the ingest artefact, checked and handed on.

Ingest writes them beside the documents as `given-00003-of-00016.parquet` with a column `vector`, when the config names
the column of ready embeddings. They then take the place of an encoder, and no model is looked for.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import InputError
from mixpipe.store.artefact import Artefact

__all__ = ["given_names", "given_vectors"]


def given_names(ingest: Artefact) -> list[str]:
    """Return the names of the files with given vectors; none when the corpus came without."""
    names = ingest.names("given-*.parquet")
    return names if names and "vector" in pq.read_schema(ingest.file(names[0])).names else []


def given_vectors(column: Any, path: Path) -> NDArray[np.float32]:  # noqa: ANN401  pyarrow has no types
    """Return a column of lists of numbers as (n, dimensions) float32.

    Args:
        column: an Arrow array of lists.
        path: where it is from, for the error.

    Raises:
        InputError: the vectors differ in length, or one holds what is no finite number.
    """
    lengths = sorted(pc.unique(pc.list_value_length(column)).to_pylist())
    if len(lengths) != 1 or not lengths[0]:
        raise InputError(f"expected vectors of one length (ingest.embedding), found {lengths[:5]} in {path.name}")
    vectors: NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, lengths[0])
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise InputError(
            f"expected finite vectors (ingest.embedding), found {bad.sum()} others in {path.name}, the first in row "
            f"{bad.argmax()}; correct them or leave the field out"
        )
    return vectors
