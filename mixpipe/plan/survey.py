"""Where the eligible tokens lie, by domain and bin of the maker's value, and the copies of each bin that follow."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.plan.budgets import draw_curves, read_mixture, read_strata, write_curves
from mixpipe.plan.copies import VALUE_BINS, value_bins
from mixpipe.plan.eligible import Eligible, read_eligible
from mixpipe.plan.makers.protocol import selects
from mixpipe.plan.parts import document_parts, paths_of
from mixpipe.plan.picking import read_picks
from mixpipe.plan.sample import read_state
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_table, write_table
from mixpipe.store.stage import Context, Part, Step

__all__ = ["SURVEY_FILE", "read_binned", "survey_step"]

SURVEY = pa.schema(
    [
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("bin", pa.int64(), nullable=False),  # of the value; 0 for dropped documents
        pa.field("reason", pa.string(), nullable=False),  # why dropped; empty: eligible
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)
SURVEY_FILE = "survey.parquet"


def plan_survey(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return document_parts(context, "survey")


def run_survey(context: Context, part: Part) -> Counts:
    """Count documents and tokens by domain, bin and reason."""
    part_of, bins = read_binned(context, part)
    columns = {"domain": part_of.domain, "bin": bins, "reason": part_of.reason}
    ones = np.ones(len(bins), dtype=np.int64)
    table = pa.table({**columns, "documents": ones, "tokens": part_of.documents["n_tokens"]})
    write_table(context.out / f"{part.name}.parquet", _merged([table]), SURVEY)
    return {}


def finish_survey(context: Context) -> Counts:
    """Write the counts of all parts and the expected copies by domain and bin.

    Raises:
        ConfigError: the budget is above what the epoch cap allows in some domain.
    """
    survey = _merged(read_table(path) for path in paths_of(context, "survey"))
    write_table(context.out / SURVEY_FILE, survey, SURVEY)
    names, weights = read_mixture(context)
    eligible = survey.filter(pc.equal(survey["reason"], ""))
    tokens = np.zeros((len(names), VALUE_BINS), dtype=np.int64)
    tokens[eligible["domain"].to_numpy(), eligible["bin"].to_numpy()] = eligible["tokens"].to_numpy()
    write_curves(context, draw_curves(tokens, context.config, names, weights, read_strata(context)))
    return {}


def read_binned(context: Context, part: Part) -> tuple[Eligible, NDArray[np.int64]]:
    """Return a part's documents and the bin of each one's value, (n_docs,) int64, 0 where dropped.

    Raises:
        StageError: a value is not in 0..1.
    """
    name, maker = str(part.spec["part"]), context.config.chosen
    part_of = read_eligible(context, name)
    if selects(maker):
        values = read_picks(context, int(str(part.spec["number"])), len(part_of.mask))[part_of.mask]
    elif not part_of.candidates.ids:
        values = np.zeros(0)  # there may be none in any part, and then nothing that a maker was fitted on
    else:
        values = maker.value(part_of.candidates, read_state(context))
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        raise StageError(
            f"expected {', '.join(maker.columns) or 'values'} in 0..1 for every document without a drop_reason, found "
            f"{values[wrong[0]]} and {wrong.size - 1} more in {name} of scores; choose other scorers or plan.maker"
        )
    bins = np.zeros(len(part_of.mask), dtype=np.int64)
    bins[part_of.mask] = value_bins(values)
    return part_of, bins


def survey_step() -> Step:
    """Return the step."""
    return Step("survey", plan_survey, run_survey, finish_survey, keep=False)


def _merged(tables: Iterable[pa.Table]) -> pa.Table:
    """Return the sums of documents and tokens by domain, bin and reason, sorted; holds two tables at a time."""
    keys = ["domain", "bin", "reason"]
    total = SURVEY.empty_table()
    for table in tables:
        both = pa.concat_tables([total, table.select(SURVEY.names).cast(SURVEY)])
        sums = both.group_by(keys, use_threads=False).aggregate([("documents", "sum"), ("tokens", "sum")])
        total = sums.select([*keys, "documents_sum", "tokens_sum"]).rename_columns(SURVEY.names).cast(SURVEY)
    return total.sort_by([(key, "ascending") for key in keys])
