"""Step `decide`: for what reason a document is dropped, and for whose sake; the scores of all parts added up.

Writes `part-*.parquet` (scores_schema): id, one float32 column per measure (`repeated_sentences`, where these were
looked for, is the last), `drop_reason`, `twin_id` (for a duplicate
the id of the document kept: of an exact one its own, equal texts having equal ids, else its near or its semantic twin,
or who stands in for a twin that a rule drops). Nothing is deleted here.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.scores.config import REPEATS, TWIN_COLUMNS, ScoresConfig
from mixpipe.scores.examples import gather_examples
from mixpipe.scores.flagged import Flagged, add_flagged, with_flagged
from mixpipe.scores.frozen import EDGES, SUMMARY, fitted_on
from mixpipe.scores.heirs import twins_of
from mixpipe.scores.origins import ORIGINS, Origins, add_origins, origins_record
from mixpipe.scores.protocol import Scorer
from mixpipe.scores.reading import domain_names, scorers_of, upstream
from mixpipe.scores.removal import drop_reasons
from mixpipe.scores.scoring import learnt_digests, scored
from mixpipe.scores.sentences import REPEATED, repeated_shares
from mixpipe.scores.summary import Removals, Summary, add_removals
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_arrays, read_json, read_table, write_json, write_table
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context, Part
from mixpipe.tables import scores_schema

__all__ = ["finish_decide", "plan_decide", "run_decide"]


def plan_decide(context: Context) -> list[Part]:
    """List one part per part of documents."""
    settings: dict[str, Json] = {**learnt_digests(context), "drop": context.config.drop}
    settings["most_repeated"] = context.config.most_repeated
    return [
        Part(
            file.removesuffix(".parquet"),
            {"file": file},
            {**upstream(context, file), **settings, "twins": _twins_digest(context, file)},
        )
        for file in context.inputs["ingest"].names()
    ]


def run_decide(context: Context, part: Part) -> Counts:
    """Write the scores of one part of documents with what was decided, row by row."""
    config: ScoresConfig = context.config
    file, scorers = str(part.spec["file"]), scorers_of(context.out, context.config.scorers)
    measures = [name for scorer in scorers.values() for name in scorer.columns]
    table = read_table(context.out / scored(file), ["id", *measures])
    named, repeated = twins_of(context, file), _repeated(context, file)
    twins = {reason: ids.is_valid().to_numpy() for reason, ids in named.items()}
    if repeated:
        twins[REPEATS] = repeated[0] >= np.float32(config.most_repeated)
    columns = {name: table[name].to_numpy() for name in table.column_names[1:]}
    reasons = drop_reasons(config.drop, {name: scorer.rules for name, scorer in scorers.items()}, columns, twins)
    schema = scores_schema([*measures, *([REPEATED] if repeated else [])])
    arrays = [*table.columns, *map(pa.array, repeated), pa.array(reasons, pa.string()), pc.coalesce(*named.values())]
    write_table(context.out / f"{part.name}.parquet", pa.table(arrays, schema=schema), schema)
    dropped = Counter(reason for reason in reasons if reason)
    return {"dropped": sum(dropped.values()), **{f"dropped_{reason}": n for reason, n in dropped.items()}}


def finish_decide(context: Context) -> Counts:
    """Write scores.json, removals.json, origins.json and examples.json."""
    scorers = scorers_of(context.out, context.config.scorers)
    edges = read_arrays(context.out / EDGES)  # of frozen scorers perhaps more than are asked for now
    columns = [name for scorer in scorers.values() for name in scorer.columns]
    sums = _summed(context, {name: edges[name] for name in columns})
    rules: dict[str, Json] = {n: [rule.name for rule in s.rules] for n, s in scorers.items() if s.rules}
    facts = _facts(context.out, scorers, sums.flagged)
    record: dict[str, Json] = {"columns": sums.summary.as_json(columns), "rules": rules, "facts": facts}
    record["fitted_on"] = fitted_on(context)
    write_json(context.out / SUMMARY, record)
    write_json(context.out / "removals.json", sums.removed)
    write_json(context.out / ORIGINS, origins_record(sums.origins))
    learnt = [name for scorer in scorers.values() if not scorer.rules for name in scorer.columns]
    wanted = {name: edges[f"{name}:percentiles"] for name in learnt}
    write_json(context.out / "examples.json", gather_examples(context, wanted, scorers.get("leak")))
    return {}


class _Sums(NamedTuple):
    """What all parts add up to."""

    summary: Summary
    removed: Removals
    origins: Origins
    flagged: Flagged


def _summed(context: Context, edges: Mapping[str, np.ndarray]) -> _Sums:
    """Add up the parts, one at a time; `edges` are those of every column's histogram."""
    n_domains, ingest = len(domain_names(context)), context.inputs["ingest"]
    sums = _Sums(Summary.empty(np.stack(list(edges.values())), n_domains), {}, {}, Counter())
    known = read_json(ingest.file("sources.json")).keys()
    for file in ingest.names():
        scores = read_table(context.out / file)
        assigned = read_table(context.inputs["domains"].file(file), ["domain"]).column("domain").to_numpy()
        sources = read_table(ingest.file(file), ["source"]).column("source")
        sums.summary.add([scores.column(name).to_numpy() for name in edges], assigned)
        add_removals(sums.removed, sources, scores.column("drop_reason"), known=known)
        add_origins(sums.origins, sources, assigned, n_domains, known=known)
        add_flagged(sums.flagged, scores)
    return sums


def _facts(out: Path, scorers: Mapping[str, Scorer], flagged: Flagged) -> dict[str, Json]:
    """Return what scorers say of what they learnt, by name; of `leak` also how many documents it flags."""
    facts = {name: s.facts(read_arrays(out / f"{name}.npz")) for name, s in scorers.items() if hasattr(s, "facts")}
    if "leak" in facts:
        facts["leak"] = with_flagged(facts["leak"], scorers["leak"].rules, flagged)
    return dict(facts)


def _twins_digest(context: Context, file: str) -> str:
    """Return the identity of a part's twins: which they are, not how similar, which every new document may change."""
    found = twins_of(context, file)
    rows = {reason: np.flatnonzero(pc.is_valid(found[reason]).to_numpy()) for reason in TWIN_COLUMNS}
    kept: dict[str, Json] = {reason: found[reason].take(pa.array(at)).to_pylist() for reason, at in rows.items()}
    repeated: list[Json] = [list[Json](shares.tolist()) for shares in _repeated(context, file)]
    return fingerprint({**kept, "rows": {r: list[Json](at.tolist()) for r, at in rows.items()}, "repeated": repeated})


def _repeated(context: Context, file: str) -> list[np.ndarray]:
    """Return the one column of repeated sentences, (n,) float32; none where they were not looked for."""
    is_asked = context.config.sentences.enabled
    return [repeated_shares(context.out, context.inputs["ingest"].names().index(file))] if is_asked else []
