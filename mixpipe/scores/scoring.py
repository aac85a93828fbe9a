"""Step `score`: every column of every scorer, part by part.

Text is scored in blocks of about 2 million characters, which bounds memory whatever the size of a part. Writes
`scored-*.parquet` (id and columns), which the step `decide` copies into its own files with what it decided; those stand
in for them where a later artefact asks for the same scores.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from mixpipe.errors import StageError
from mixpipe.scores.protocol import Batch, Scorer
from mixpipe.scores.reading import read_batch, scorers_of, upstream
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.files import write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part
from mixpipe.tables import scores_schema

__all__ = ["SCORED", "decided", "learnt_digests", "plan_score", "run_score", "score_columns", "scored"]

SCORED = "scored-*.parquet"


def scored(part: str) -> str:
    """Return the name of the scores of a part of documents."""
    return part.replace("part", "scored", 1)


def decided(artefact: Artefact, name: str) -> str | None:
    """Return the sealed file that has the columns of one that is gone."""
    return name.replace("scored", "part", 1)


def learnt_digests(context: Context) -> dict[str, Json]:
    """Return what decides the scores of a part besides what it is read from: the scorers and what they learnt."""
    names = context.config.scorers
    return {"scorers": names, "learnt": {name: file_digest(context.out / f"{name}.npz") for name in names}}


def plan_score(context: Context) -> list[Part]:
    """List one part per part of documents; what the scorers learnt is part of its identity."""
    settings = learnt_digests(context)
    return [
        Part(scored(file).removesuffix(".parquet"), {"file": file}, {**upstream(context, file), **settings})
        for file in context.inputs["ingest"].names()
    ]


def run_score(context: Context, part: Part) -> Counts:
    """Write the scores of one part of documents, row by row.

    Raises:
        StageError: a score is no finite number.
    """
    batch, _ = read_batch(context, str(part.spec["file"]))
    columns = score_columns(batch, scorers_of(context.out, context.config.scorers))
    for name, values in columns.items():
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise StageError(
                f"expected finite {name}, found {values[row]} in row {row} of {part.spec['file']} "
                f"(document {batch.ids[row]})"
            )
    schema = pa.schema(list(scores_schema(list(columns)))[: 1 + len(columns)])
    arrays = [pa.array(batch.ids, pa.string()), *(values.astype(np.float32) for values in columns.values())]
    write_table(context.out / f"{part.name}.parquet", pa.table(arrays, schema=schema), schema)
    return {"documents": len(batch.ids)}


def score_columns(batch: Batch, scorers: Mapping[str, Scorer]) -> dict[str, np.ndarray]:
    """Return every column of every scorer, (n,) each, block by block."""
    columns: dict[str, list[np.ndarray]] = {name: [] for scorer in scorers.values() for name in scorer.columns}
    for block in batch.blocks():
        for scorer in scorers.values():
            block.columns.update(zip(scorer.columns, scorer.score(block).T, strict=True))
        for name, pieces in columns.items():
            pieces.append(block.columns[name])
    return {name: np.concatenate([np.zeros(0), *pieces]) for name, pieces in columns.items()}
