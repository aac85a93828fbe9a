"""One part's documents as the plan sees them: tokens, domain, why not, and the scores that the maker asks for.

Reads ids and numbers, never texts. Checks that the rows of documents, assignments and scores are the same documents.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.makers.protocol import Candidates
from mixpipe.plan.parts import SOURCES
from mixpipe.store.files import read_table
from mixpipe.store.stage import Context

__all__ = ["Eligible", "read_eligible"]

NO_TOKENS = "no_tokens"  # nothing to train on, and no number of copies would move the budget


@dataclass(frozen=True, eq=False)
class Eligible:
    """Documents of one part, row by row.

    Attributes:
        documents: columns id, n_tokens, n_bytes.
        domain: (n_docs,) int32.
        reason: (n_docs,) strings, why dropped; empty: eligible.
        mask: (n_docs,) bool, which may be drawn.
        candidates: those that may be drawn.
    """

    documents: pa.Table
    domain: NDArray[np.int32]
    reason: pa.Array
    mask: NDArray[np.bool_]
    candidates: Candidates


def read_eligible(context: Context, name: str) -> Eligible:
    """Read one part of documents with its domains and the maker's columns of its scores.

    Raises:
        ConfigError: the scores lack a column.
        StageError: the rows are not the same documents, or an eligible one lacks a score.
    """
    config: PlanConfig = context.config
    wanted = config.chosen.columns
    _check_columns(context, name, wanted)
    columns = {"ingest": ["id", "n_tokens", "n_bytes"], "domains": ["id", "domain"]}
    columns["scores"] = [*dict.fromkeys(["id", *wanted, "drop_reason"])]
    tables = {stage: read_table(context.inputs[stage].file(name), columns[stage]) for stage in SOURCES}
    documents, scores = tables["ingest"], tables["scores"]
    for stage in ("domains", "scores"):
        if not tables[stage]["id"].equals(documents["id"]):
            raise StageError(
                f"expected the {documents.num_rows} documents of {name} in the same rows of {stage}, found "
                f"{tables[stage].num_rows} rows with other ids; delete the artefact of {stage} and run again"
            )
    empty = pa.scalar(NO_TOKENS)
    reason = pc.coalesce(scores["drop_reason"], pc.if_else(pc.equal(documents["n_tokens"], 0), empty, ""))
    mask: NDArray[np.bool_] = pc.equal(reason, "").to_numpy(zero_copy_only=False)
    domain = tables["domains"]["domain"].to_numpy()
    names = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "name"])
    candidates = Candidates(
        ids=documents["id"].filter(pa.array(mask)).to_pylist(),
        domains=domain[mask],
        tokens=documents["n_tokens"].to_numpy()[mask],
        columns={column: _finite(scores[column].to_numpy()[mask], column, name) for column in wanted},
        names=names.sort_by("domain")["name"].to_pylist(),
    )
    return Eligible(documents, domain, reason.combine_chunks(), mask, candidates)


def _check_columns(context: Context, name: str, wanted: tuple[str, ...]) -> None:
    there = pq.read_schema(context.inputs["scores"].file(name)).names
    if missing := [column for column in wanted if column not in there]:
        raise ConfigError(
            f"expected the columns {', '.join(wanted)} of scores for plan.maker={context.config.maker}, found no "
            f"{', '.join(missing)}; add the scorer that gives it to scores.scorers"
        )


def _finite(values: NDArray[np.float32], column: str, name: str) -> NDArray[np.float32]:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise StageError(
            f"expected a number in {column} for every document without a drop_reason, found {values[wrong[0]]} and "
            f"{wrong.size - 1} more in {name} of scores; choose other scorers or set plan.maker=domains"
        )
    return values
