"""Step `given` of ingest: domains and embeddings that came with the corpus, row by row beside the documents' parts.

`given-00003-of-00016.parquet` has id and, as far as the config names them, domain (string) and vector (float32 list).
"""

import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.corpus.pieces import given_fields
from mixpipe.corpus.reading import all_pieces, numbered, wanted_of
from mixpipe.errors import InputError
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_table, write_table
from mixpipe.store.stage import Context, Part
from mixpipe.tables import DOCUMENTS

__all__ = ["finish_given", "plan_given", "run_given"]


def plan_given(context: Context) -> list[Part]:
    """List the pieces."""
    pieces = all_pieces(context)
    return [
        Part(name, {"piece": piece.file}, {"piece": piece.sha256})
        for name, piece in zip(numbered("given", len(pieces)), pieces, strict=True)
    ]


def run_given(context: Context, part: Part) -> Counts:
    """Keep the given columns of one piece."""
    schema = pa.schema([DOCUMENTS.field("id"), *given_fields(wanted_of(context.config))])
    write_table(
        context.out / f"{part.name}.parquet",
        read_table(context.out / str(part.spec["piece"]), schema.names),
        schema,
    )
    return {}


def finish_given(context: Context) -> Counts:
    """Check that all given embeddings have one length.

    Raises:
        InputError: they have not.
    """
    if context.config.embedding is None:
        return {}
    lengths: set[int] = set()
    for path in context.out.glob("given-*.parquet"):
        lengths |= set(pc.unique(pc.list_value_length(read_table(path, ["vector"])["vector"])).to_pylist())
    if len(lengths) > 1:
        raise InputError(
            f"expected vectors of one length in column {context.config.embedding!r} (ingest.embedding), "
            f"found {sorted(lengths)[:5]}; embed the corpus with one model or leave the field out"
        )
    return {}
