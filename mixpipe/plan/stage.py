"""Stage: mixture and scores to copies of every document.

Three passes over the parts, none holding more than one: `survey` counts eligible tokens by domain and quality, `draft`
gives each document its certain copies and the margin of one more, `copies` applies the cuts that meet the budget.
Neither the order of parts nor how documents are divided into them changes a document's copies. Writes `part-*.parquet`
(PLAN), `mixture.json` and `plan.json` (see `summary.py`); `diversity.py` then measures the plan.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import QUALITY_BINS, check_budget, draft_copies, expected_copies, quality_tilt
from mixpipe.plan.cut import DRAFT, Cut, find_cuts, gains
from mixpipe.plan.diversity import diversity_step
from mixpipe.plan.eligible import SOURCES, read_eligible
from mixpipe.plan.summary import Tally, mixture_record, plan_record, tally_plan
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_json, read_table, write_arrays, write_json, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import PLAN as PLAN_SCHEMA

__all__ = ["PLAN"]

SURVEY = pa.schema(
    [
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("bin", pa.int64(), nullable=False),  # of quality; 0 for dropped documents
        pa.field("reason", pa.string(), nullable=False),  # why dropped; empty: eligible
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)
SURVEY_FILE, CURVES_FILE, CUTS_FILE = "survey.parquet", "curves.npz", "cuts.json"
MAIN_PHASE = 0


def plan_survey(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return _parts(context, "survey", {})


def run_survey(context: Context, part: Part) -> Counts:
    """Count documents and tokens by domain, quality bin and reason."""
    part_of = read_eligible(context, str(part.spec["part"]))
    columns = {"domain": part_of.domain, "bin": part_of.bin, "reason": part_of.reason}
    ones = np.ones(len(part_of.bin), dtype=np.int64)
    table = pa.table({**columns, "documents": ones, "tokens": part_of.documents["n_tokens"]})
    write_table(context.out / f"{part.name}.parquet", _merged([table]), SURVEY)
    return {}


def finish_survey(context: Context) -> Counts:
    """Write the counts of all parts and the expected copies by domain and quality bin.

    Raises:
        ConfigError: the budget is above what the epoch cap allows in some domain.
    """
    config: PlanConfig = context.config
    survey = _merged(read_table(path) for path in sorted(context.out.glob("survey-*.parquet")))
    write_table(context.out / SURVEY_FILE, survey, SURVEY)
    names, weights = _mixture(context)
    targets = weights * config.budget_tokens
    eligible = survey.filter(pc.equal(survey["reason"], ""))
    tokens = np.zeros((len(names), QUALITY_BINS), dtype=np.int64)
    tokens[eligible["domain"].to_numpy(), eligible["bin"].to_numpy()] = eligible["tokens"].to_numpy()
    check_budget(targets, tokens.sum(axis=1), config.max_epochs, names)
    tilt = quality_tilt(config.strength if config.quality == "tilt" else 0.0)
    curves = [expected_copies(tokens[d], tilt, targets[d], config.max_epochs) for d in range(len(names))]
    write_arrays(context.out / CURVES_FILE, copies=np.stack(curves))
    return {}


def plan_draft(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return _parts(context, "draft", {"curves": file_digest(context.out / CURVES_FILE)})


def run_draft(context: Context, part: Part) -> Counts:
    """Write each document's certain copies and its margin for one more."""
    config: PlanConfig = context.config
    part_of = read_eligible(context, str(part.spec["part"]))
    curves = read_arrays(context.out / CURVES_FILE)["copies"]
    expected = np.where(part_of.mask, curves[part_of.domain, part_of.bin], 0.0)
    uniforms = keyed_uniforms(part_of.documents["id"].to_pylist(), f"copies:{config.seed}")
    draft = draft_copies(expected, uniforms, np.where(part_of.mask, config.max_epochs, 0.0))
    columns = {name: part_of.documents[name] for name in ("id", "n_tokens", "n_bytes")}
    columns |= {"domain": part_of.domain, "expected": expected, "floor": draft.floor, "margin": draft.margin}
    write_table(context.out / f"{part.name}.parquet", pa.table(columns).select(DRAFT.names), DRAFT)
    return {}


def finish_draft(context: Context) -> Counts:
    """Write the cut of each domain."""
    config: PlanConfig = context.config
    _, weights = _mixture(context)
    cuts = find_cuts(lambda: map(read_table, _draft_paths(context)), weights * config.budget_tokens)
    write_json(context.out / CUTS_FILE, [list(cut) for cut in cuts])
    return {}


def plan_copies(context: Context) -> list[Part]:
    """List one part per part of documents, with the row in the corpus of its first document."""
    digests: dict[str, Json] = {name: file_digest(context.out / name) for name in (CURVES_FILE, CUTS_FILE)}
    rows = [pq.read_metadata(path).num_rows for path in _draft_paths(context)]
    first_rows = np.cumsum([0, *rows])
    parts = zip(_parts(context, "part", digests), first_rows.tolist(), strict=False)
    return [Part(part.name, {"first_row": row}, {**part.identity, "first_row": row}) for part, row in parts]


def run_copies(context: Context, part: Part) -> Counts:
    """Write the copies of each document."""
    draft = read_table(_draft_path(context, part.name))
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
    names, weights = _mixture(context)
    tally = tally_plan(_planned(context), read_table(context.out / SURVEY_FILE), len(names))
    _check(tally, weights * config.budget_tokens, names)
    write_json(context.out / "mixture.json", mixture_record(tally, names, weights, config))
    write_json(context.out / "plan.json", plan_record(tally, names, weights, config))
    return {}


def _check(tally: Tally, targets: NDArray[np.float64], names: list[str]) -> None:
    if not tally.is_balanced():
        raise StageError(f"expected documents in = planned + dropped + not drawn, found {tally.waterfall()}")
    for d, name in enumerate(names):
        missed = abs(tally.planned_tokens[d] - targets[d])
        if missed > tally.longest[d]:
            raise StageError(
                f"expected {targets[d]:,.0f} planned tokens in {name} to within its longest document "
                f"({tally.longest[d]} tokens), found {tally.planned_tokens[d]:,}"
            )


def _mixture(context: Context) -> tuple[list[str], NDArray[np.float64]]:
    """Return the domains' names and the token shares found by the search, which sum to 1."""
    path = context.inputs["search"].file("mixture.json")
    record = read_json(path)
    names, weights = list(record["domains"]), np.array(record["weights"], dtype=np.float64)
    if len(names) != len(weights) or (weights < 0).any() or not abs(weights.sum() - 1.0) < 1e-6:
        raise StageError(
            f"expected one share per domain, >= 0 and summing to 1, in {path}, found {len(weights)} shares that sum "
            f"to {weights.sum()} for {len(names)} domains"
        )
    return names, weights / weights.sum()


def _parts(context: Context, prefix: str, extra: dict[str, Json]) -> list[Part]:
    """Return one part per part of documents, named with another prefix."""
    parts = []
    for name in context.inputs["ingest"].names():
        identity: dict[str, Json] = {stage: context.inputs[stage].digest(name) for stage in SOURCES}
        identity |= {**extra, "step": prefix, "config": context.config.identity()}
        parts.append(Part(prefix + Path(name).stem.removeprefix("part"), {"part": name}, identity))
    return parts


def _draft_path(context: Context, part: str) -> Path:
    return context.out / f"draft{part.removeprefix('part')}.parquet"


def _draft_paths(context: Context) -> list[Path]:
    """Return the drafts in corpus order."""
    return [_draft_path(context, Path(name).stem) for name in context.inputs["ingest"].names()]


def _planned(context: Context) -> Iterator[tuple[pa.Table, NDArray[np.int64]]]:
    """Yield each part's draft and its copies (n_docs,)."""
    for path in _draft_paths(context):
        plan = read_table(context.out / f"part{path.name.removeprefix('draft')}", ["copies"])
        yield read_table(path), plan["copies"].to_numpy().astype(np.int64)


def _merged(tables: Iterable[pa.Table]) -> pa.Table:
    """Return the sums of documents and tokens by domain, bin and reason, sorted; holds two tables at a time."""
    keys = ["domain", "bin", "reason"]
    total = SURVEY.empty_table()
    for table in tables:
        both = pa.concat_tables([total, table.select(SURVEY.names).cast(SURVEY)])
        sums = both.group_by(keys, use_threads=False).aggregate([("documents", "sum"), ("tokens", "sum")])
        total = sums.select([*keys, "documents_sum", "tokens_sum"]).rename_columns(SURVEY.names).cast(SURVEY)
    return total.sort_by([(key, "ascending") for key in keys])


def _steps(config: PlanConfig) -> tuple[Step, ...]:
    return (
        Step("survey", plan_survey, run_survey, finish_survey, keep=False),
        Step("draft", plan_draft, run_draft, finish_draft, keep=False),
        Step("copies", plan_copies, run_copies, finish_copies),
        diversity_step(),
    )


PLAN = Stage(
    name="plan",
    version=2,
    config=PlanConfig,
    inputs=("ingest", "embed", "domains", "scores", "search"),
    steps=_steps,
    scratch=(SURVEY_FILE, CURVES_FILE, CUTS_FILE),
)
