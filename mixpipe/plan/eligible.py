"""One part's documents as the plan sees them: tokens, domain, quality bin, and why not.

Reads ids and counts, never texts. Checks that the rows of documents, assignments and scores are the same documents.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import quality_bins
from mixpipe.store.files import read_table
from mixpipe.store.stage import Context

__all__ = ["SOURCES", "Eligible", "read_eligible"]

SOURCES = ("ingest", "domains", "scores")
NO_TOKENS = "no_tokens"  # nothing to train on, and no number of copies would move the budget


class Eligible(NamedTuple):
    """Documents of one part, row by row.

    Attributes:
        documents: columns id, n_tokens, n_bytes.
        domain: (n_docs,) int32.
        bin: (n_docs,) int64, quality bin; 0 where dropped.
        reason: (n_docs,) strings, why dropped; empty: eligible.
    """

    documents: pa.Table
    domain: NDArray[np.int32]
    bin: NDArray[np.int64]
    reason: pa.Array

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which documents may be drawn: (n_docs,) bool."""
        chosen: NDArray[np.bool_] = pc.equal(self.reason, "").to_numpy(zero_copy_only=False)
        return chosen


def read_eligible(context: Context, name: str) -> Eligible:
    """Read one part of documents with its domains and scores.

    Raises:
        StageError: the rows are not the same documents, or an eligible one has no quality.
    """
    config: PlanConfig = context.config
    columns = {"ingest": ["id", "n_tokens", "n_bytes"], "domains": ["id", "domain"]}
    columns["scores"] = ["id", "quality", "drop_reason"] if config.quality == "tilt" else ["id", "drop_reason"]
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
    bins = np.zeros(documents.num_rows, dtype=np.int64)
    if config.quality == "tilt":
        mask = pc.equal(reason, "").to_numpy(zero_copy_only=False)
        bins[mask] = quality_bins(_checked(scores["quality"].to_numpy()[mask], name))
    return Eligible(documents, tables["domains"]["domain"].to_numpy(), bins, reason.combine_chunks())


def _checked(quality: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    wrong = np.flatnonzero(~((quality >= 0) & (quality <= 1)))
    if wrong.size:
        raise StageError(
            f"expected quality in 0..1 for every document without a drop_reason, found {quality[wrong[0]]} "
            f"and {wrong.size - 1} more in {name} of scores; choose other scorers or set plan.quality=none"
        )
    return quality
