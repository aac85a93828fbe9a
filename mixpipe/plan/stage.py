"""Stage: mixture and scores to copies of every document.

Three passes over the parts, none holding more than one: `survey` counts eligible tokens by domain and value (see
`survey.py`), `draft` gives each document its certain copies and the margin of one more, `copies` applies the cuts that
meet the budget. Before them, where the plan maker asks for it, it is fitted on a sample (`sample.py`) or picks
documents block by block (`picking.py`). Neither the order of parts nor how documents are divided into them changes a
document's copies. Writes `part-*.parquet` (PLAN), `mixture.json` and `plan.json` (see `summary.py`).
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.plan.budgets import CURVES_FILE, read_curves, read_mixture
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import draft_copies
from mixpipe.plan.cut import DRAFT, Cut, find_cuts, gains
from mixpipe.plan.makers.protocol import fits, selects
from mixpipe.plan.parts import document_parts, paths_of
from mixpipe.plan.picking import select_steps
from mixpipe.plan.sample import STATE_FILE, sample_step
from mixpipe.plan.summary import Tally, mixture_record, plan_record, tally_plan
from mixpipe.plan.survey import SURVEY_FILE, read_binned, survey_step
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_json, read_table, write_json, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import PLAN as PLAN_SCHEMA

__all__ = ["PLAN"]

CUTS_FILE = "cuts.json"
MAIN_PHASE = 0


def plan_draft(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return document_parts(context, "draft", {"curves": file_digest(context.out / CURVES_FILE)})


def run_draft(context: Context, part: Part) -> Counts:
    """Write each document's certain copies and its margin for one more."""
    config: PlanConfig = context.config
    part_of, bins = read_binned(context, part)
    curves = read_curves(context)
    expected = np.where(part_of.mask, curves.copies[part_of.domain, bins], 0.0)
    may = part_of.mask & curves.allowed[part_of.domain, bins]
    uniforms = keyed_uniforms(part_of.documents["id"].to_pylist(), f"copies:{config.seed}")
    draft = draft_copies(expected, uniforms, np.where(may, config.max_epochs, 0.0))
    columns = {name: part_of.documents[name] for name in ("id", "n_tokens", "n_bytes")}
    columns |= {"domain": part_of.domain, "eligible": part_of.mask, "expected": expected, **draft._asdict()}
    write_table(context.out / f"{part.name}.parquet", pa.table(columns).select(DRAFT.names), DRAFT)
    return {}


def finish_draft(context: Context) -> Counts:
    """Write the cut of each domain."""
    config: PlanConfig = context.config
    curves = read_curves(context)
    drafts = paths_of(context, "draft")
    cuts = find_cuts(lambda: map(read_table, drafts), curves.weights * config.budget_tokens, curves.groups)
    write_json(context.out / CUTS_FILE, [list(cut) for cut in cuts])
    return {}


def plan_copies(context: Context) -> list[Part]:
    """List one part per part of documents, with the row in the corpus of its first document."""
    cuts, drafts = file_digest(context.out / CUTS_FILE), paths_of(context, "draft")
    first_rows = np.cumsum([0, *(pq.read_metadata(path).num_rows for path in drafts)]).tolist()
    parts = []
    for part, draft, row in zip(document_parts(context, "part"), drafts, first_rows, strict=False):
        identity: dict[str, Json] = {"draft": file_digest(draft), "cuts": cuts, "first_row": row}
        parts.append(Part(part.name, {"draft": draft.name, "first_row": row}, {**part.identity, **identity}))
    return parts


def run_copies(context: Context, part: Part) -> Counts:
    """Write the copies of each document."""
    draft = read_table(context.out / str(part.spec["draft"]))
    cuts = [Cut(*cut) for cut in read_json(context.out / CUTS_FILE)]
    copies = draft["floor"].to_numpy() + gains(draft, cuts, int(str(part.spec["first_row"])))
    phase = np.full(draft.num_rows, MAIN_PHASE, dtype=np.int32)
    columns = {"id": draft["id"], "domain": draft["domain"], "phase": phase, "expected": draft["expected"]}
    write_table(context.out / f"{part.name}.parquet", pa.table({**columns, "copies": copies}), PLAN_SCHEMA)
    return {
        "documents": draft.num_rows,
        "documents_planned": int((copies > 0).sum()),
        "copies": int(copies.sum()),
        "tokens": int((copies * draft["n_tokens"].to_numpy()).sum()),
        "bytes": int((copies * draft["n_bytes"].to_numpy()).sum()),
    }


def finish_copies(context: Context) -> Counts:
    """Write `mixture.json` and `plan.json`, after checking that every document and every token is accounted for.

    Raises:
        StageError: documents in are not those planned, dropped and not drawn, or a domain misses its budget.
    """
    config: PlanConfig = context.config
    names, _ = read_mixture(context)
    curves = read_curves(context)
    tally = tally_plan(_planned(context), read_table(context.out / SURVEY_FILE), len(names))
    _check(tally, curves.weights * config.budget_tokens, curves.groups, names)
    weights = curves.weights
    if config.shares == "documents":  # the shares are an outcome: as they came out
        weights = tally.planned_tokens / tally.planned_tokens.sum()
    write_json(context.out / "mixture.json", mixture_record(tally, names, weights, config))
    write_json(context.out / "plan.json", plan_record(tally, names, weights, config))
    return {}


def _check(tally: Tally, targets: NDArray[np.float64], groups: NDArray[np.int64], names: list[str]) -> None:
    if not tally.is_balanced():
        raise StageError(f"expected documents in = planned + dropped + not drawn, found {tally.waterfall()}")
    for group in np.unique(groups):
        mine = groups == group
        target, found, longest = targets[mine].sum(), tally.planned_tokens[mine].sum(), tally.longest[mine].max()
        if abs(found - target) > longest:
            where = names[group] if mine.sum() == 1 else "all domains"
            raise StageError(
                f"expected {target:,.0f} planned tokens in {where} to within its longest document "
                f"({longest} tokens), found {found:,}"
            )


def _planned(context: Context) -> Iterator[tuple[pa.Table, NDArray[np.int64]]]:
    """Yield each part's draft and its copies (n_docs,)."""
    for draft, part in zip(paths_of(context, "draft"), paths_of(context, "part"), strict=True):
        yield read_table(draft), read_table(part, ["copies"])["copies"].to_numpy().astype(np.int64)


def _steps(config: PlanConfig) -> tuple[Step, ...]:
    maker = config.chosen
    return (
        *([sample_step()] if fits(maker) else []),
        *(select_steps() if selects(maker) else []),
        survey_step(),
        Step("draft", plan_draft, run_draft, finish_draft, keep=False),
        Step("copies", plan_copies, run_copies, finish_copies),
    )


PLAN = Stage(
    name="plan",
    version=2,
    config=PlanConfig,
    inputs=("ingest", "embed", "domains", "scores", "search"),
    steps=_steps,
    scratch=(STATE_FILE, SURVEY_FILE, CURVES_FILE, CUTS_FILE),
)
