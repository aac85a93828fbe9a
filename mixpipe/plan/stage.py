"""Stage: mixture and scores to copies of every document.

Three passes over the parts, none holding more than one: `survey` counts eligible tokens by domain and value (see
`survey.py`), `draft` gives each document its certain copies and the margin of one more, `copies` applies the cuts that
meet the budget. Before them, where the plan maker asks for it, it is fitted on a sample (`sample.py`) or picks
documents block by block (`picking.py`). Neither the order of parts nor how documents are divided into them changes a
document's copies. Writes `part-*.parquet` (PLAN), `mixture.json` and `plan.json` (see `summary.py`); `diversity.py`
then measures the plan.

Phases are drafted one after another, each up to its end: with the same hash of a document in all of them (a systematic
sample), so that together they hold what one phase would and nothing is read again before all is read; or with a fresh
hash in each (`redraw`: RS2, Okanovic et al. 2024, with replacement across epochs), under the same cap.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.errors import ConfigError, StageError
from mixpipe.plan.budgets import CURVES_FILE, read_curves, read_mixture
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import draft_copies
from mixpipe.plan.cut import DRAFT, Cut, find_cuts, gains
from mixpipe.plan.diversity import diversity_step
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


def plan_draft(context: Context, phase: int) -> list[Part]:
    """List one part per part of documents, with the row in the corpus of its first document."""
    before = [_cuts_path(context, earlier) for earlier in range(phase)]
    extra = {path.name: file_digest(path) for path in (context.out / CURVES_FILE, *before)}
    return document_parts(context, f"draft-{phase}", extra)


def run_draft(context: Context, part: Part, phase: int) -> Counts:
    """Write each document's certain copies up to the end of a phase, and its margin for one more."""
    config: PlanConfig = context.config
    part_of, bins = read_binned(context, part)
    curves = read_curves(context)
    overall = np.where(part_of.mask, curves.copies[part_of.domain, bins], 0.0)
    due = overall * curves.fractions[phase, part_of.domain]
    held = np.zeros(len(due), np.int64)
    if phase:
        held = _copies_until(context, part, phase - 1)
    if config.redraw and phase:  # what was drawn before is forgotten, except that it fills the cap
        due = due - overall * curves.fractions[phase - 1, part_of.domain] + held
    may = part_of.mask & curves.allowed[part_of.domain, bins]
    key = f"copies:{config.seed}:{phase}" if config.redraw and phase else f"copies:{config.seed}"
    uniforms = keyed_uniforms(part_of.documents["id"].to_pylist(), key)
    draft = draft_copies(due - held, uniforms, np.where(may, config.max_epochs - held, 0.0))
    columns = {name: part_of.documents[name] for name in ("id", "n_tokens", "n_bytes")}
    columns |= {"domain": part_of.domain, "eligible": part_of.mask, "expected": overall}
    columns |= {"floor": held + draft.floor, "margin": draft.margin}
    write_table(context.out / f"{part.name}.parquet", pa.table(columns).select(DRAFT.names), DRAFT)
    return {}


def finish_draft(context: Context, phase: int) -> Counts:
    """Write the cut of each domain for the tokens up to the end of a phase, and the drafts' places in the corpus."""
    config: PlanConfig = context.config
    curves = read_curves(context)
    drafts = paths_of(context, f"draft-{phase}")
    targets = curves.weights * config.budget_tokens * curves.fractions[phase]
    cuts = find_cuts(lambda: map(read_table, drafts), targets, curves.groups)
    rows = np.cumsum([0, *(pq.read_metadata(path).num_rows for path in drafts)]).tolist()
    write_json(_cuts_path(context, phase), {"cuts": [list(cut) for cut in cuts], "first_rows": rows})
    return {}


def plan_copies(context: Context) -> list[Part]:
    """List one part per part of documents."""
    phases = range(len(context.config.stretches))
    cuts: dict[str, Json] = {f"cuts-{phase}": file_digest(_cuts_path(context, phase)) for phase in phases}
    parts = document_parts(context, "part", cuts)
    drafts = zip(*(map(file_digest, paths_of(context, f"draft-{phase}")) for phase in phases), strict=True)
    return [
        Part(part.name, part.spec, {**part.identity, "drafts": list(digests)})
        for part, digests in zip(parts, drafts, strict=True)
    ]


def run_copies(context: Context, part: Part) -> Counts:
    """Write the copies of each document, in all phases and in each."""
    phases = range(len(context.config.stretches))
    draft = read_table(_draft_path(context, part, phases[-1]))
    until = np.stack([_copies_until(context, part, phase) for phase in phases], axis=1)
    copies, by_phase = until[:, -1], np.diff(until, axis=1, prepend=0)
    edges = np.arange(len(copies) + 1, dtype=np.int32) * len(phases)
    lists = pa.ListArray.from_arrays(edges, by_phase.astype(np.int32).ravel(), type=PLAN_SCHEMA.field(4).type)
    columns = {"id": draft["id"], "domain": draft["domain"], "expected": draft["expected"]}
    table = pa.table({**columns, "copies": copies, "copies_by_phase": lists})
    write_table(context.out / f"{part.name}.parquet", table, PLAN_SCHEMA)
    return {
        "documents": draft.num_rows,
        "documents_planned": int((copies > 0).sum()),
        "copies": int(copies.sum()),
        "tokens": int((copies * draft["n_tokens"].to_numpy()).sum()),
        "bytes": int((copies * draft["n_bytes"].to_numpy()).sum()),
    }


def _copies_until(context: Context, part: Part, phase: int) -> NDArray[np.int64]:
    """Return the copies of a part's documents up to the end of a phase: (n_docs,) int64."""
    draft, found = read_table(_draft_path(context, part, phase)), read_json(_cuts_path(context, phase))
    cuts = [Cut(*cut) for cut in found["cuts"]]
    return np.asarray(
        draft["floor"].to_numpy() + gains(draft, cuts, found["first_rows"][int(str(part.spec["number"]))])
    )


def _draft_path(context: Context, part: Part, phase: int) -> Path:
    return paths_of(context, f"draft-{phase}")[int(str(part.spec["number"]))]


def _cuts_path(context: Context, phase: int) -> Path:
    return context.out / f"cuts-{phase}.json"


def finish_copies(context: Context) -> Counts:
    """Write `mixture.json` and `plan.json`, after checking that every document and every token is accounted for.

    Raises:
        ConfigError: phases drawn afresh leave too little room under the cap for the budget.
        StageError: documents in are not those planned, dropped and not drawn, or a domain misses its budget.
    """
    config: PlanConfig = context.config
    names, _ = read_mixture(context)
    curves = read_curves(context)
    tally = tally_plan(_planned(context), read_table(context.out / SURVEY_FILE), len(names))
    wanted = curves.by_phase()
    _check(tally, wanted * config.budget_tokens, curves.groups, names, config)
    if config.shares == "documents":  # the shares are an outcome: as they came out
        wanted = tally.phases[:, 2] / tally.planned_tokens.sum()
    write_json(context.out / "mixture.json", mixture_record(tally, names, wanted, config))
    write_json(context.out / "plan.json", plan_record(tally, names, wanted.sum(axis=0), config))
    return {}


def _check(
    tally: Tally, targets: NDArray[np.float64], groups: NDArray[np.int64], names: list[str], config: PlanConfig
) -> None:
    """Check that every phase and all together have the tokens wanted (n_phases, n_domains), to within one document."""
    if not tally.is_balanced():
        raise StageError(f"expected documents in = planned + dropped + not drawn, found {tally.waterfall()}")
    stretches = [*(f" in phase {stretch.name}" for stretch in config.stretches), ""]
    wanted, planned = (np.vstack([tokens, tokens.sum(axis=0)]) for tokens in (targets, tally.phases[:, 2]))
    for group in np.unique(groups):
        mine, longest = groups == group, tally.longest[groups == group].max()
        where = names[group] if mine.sum() == 1 else "all domains"
        for stretch, target, found in zip(
            stretches, wanted[:, mine].sum(axis=1), planned[:, mine].sum(axis=1), strict=True
        ):
            if abs(found - target) <= longest:
                continue
            if config.redraw:  # who was missed in early phases may gain one copy a phase, no more
                raise ConfigError(
                    f"expected room for {target:,.0f} tokens of {where}{stretch} in phases drawn afresh, found "
                    f"{found:,} within {config.max_epochs:g} epochs; raise max_epochs, lower budget_tokens or set "
                    "plan.redraw=false"
                )
            raise StageError(
                f"expected {target:,.0f} planned tokens in {where}{stretch} to within its longest document "
                f"({longest} tokens), found {found:,}"
            )


def _planned(context: Context) -> Iterator[tuple[pa.Table, NDArray[np.int64]]]:
    """Yield each part's last draft and its copies by phase (n_docs, n_phases)."""
    phases = len(context.config.stretches)
    for draft, part in zip(paths_of(context, f"draft-{phases - 1}"), paths_of(context, "part"), strict=True):
        lists = read_table(part, ["copies_by_phase"])["copies_by_phase"].combine_chunks()
        yield read_table(draft), lists.flatten().to_numpy().astype(np.int64).reshape(-1, phases)


def _draft_step(phase: int) -> Step:
    """Return the step that drafts one phase; a plan of one phase has but one."""
    name = f"draft-{phase + 1}" if phase else "draft"
    run, finish = partial(run_draft, phase=phase), partial(finish_draft, phase=phase)
    return Step(name, partial(plan_draft, phase=phase), run, finish, keep=False)


def _steps(config: PlanConfig) -> tuple[Step, ...]:
    maker = config.chosen
    return (
        *([sample_step()] if fits(maker) else []),
        *(select_steps() if selects(maker) else []),
        survey_step(),
        *(_draft_step(phase) for phase in range(len(config.stretches))),
        Step("copies", plan_copies, run_copies, finish_copies),
        diversity_step(),
    )


PLAN = Stage(
    name="plan",
    version=4,
    config=PlanConfig,
    inputs=("ingest", "embed", "domains", "scores", "search"),
    steps=_steps,
    scratch=(STATE_FILE, SURVEY_FILE, CURVES_FILE, "cuts-*.json"),
)
