"""The stage `scores`: fit the scorers on a sample, then score every part and say which documents are dropped.

`fit` draws a sample and the domains' sums part by part; its reduction fits the scorers in the configured order, each
on the sample with the columns of those before it, and keeps what they learnt as `<scorer>.npz`. With `frozen` it
takes those files from an earlier artefact instead, and only new documents are scored. `score` writes `part-*.parquet`:
id, one float32 column per measure, `drop_reason`, `twin_id` (for a duplicate the id of the document kept: of an exact
one its own, equal texts having equal ids, else its near or its semantic twin). Nothing is deleted here. Text is scored
in blocks of about 2 million characters, which bounds memory whatever the size of a part.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import StageError
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import TWIN_COLUMNS, ScoresConfig
from mixpipe.scores.examples import gather_examples, percentile_values
from mixpipe.scores.flagged import Flagged, add_flagged, with_flagged
from mixpipe.scores.frozen import EDGES, SUMMARY, check_fitted_on, fitted_on, frozen_files
from mixpipe.scores.given import given_digests
from mixpipe.scores.protocol import Batch, Evaluations, Scorer
from mixpipe.scores.removal import check_reasons, drop_reasons
from mixpipe.scores.sample import bound, draw, merge, vectors_of
from mixpipe.scores.summary import Removals, Summary, add_removals, histogram_edges
from mixpipe.store.artefact import Counts
from mixpipe.store.files import (
    link_or_copy,
    read_arrays,
    read_json,
    read_table,
    write_arrays,
    write_json,
    write_table,
)
from mixpipe.store.fingerprint import Json, file_digest, fingerprint
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import scores_schema

__all__ = ["SCORES"]


def plan_fit(context: Context) -> list[Part]:
    """List one part per part of documents, with the bound on the hash that makes a sample of the size asked for.

    There is nothing to list when the scorers are taken from an earlier artefact.
    """
    config: ScoresConfig = context.config
    check_reasons(config.drop, {name: load_plugin(SCORERS, name, "scorer").rules for name in config.scorers})
    sources = read_json(context.inputs["ingest"].file("sources.json"))
    distinct = sum(source["documents"] - source["duplicates"] for source in sources.values())
    below = bound(distinct, config.sample_documents)
    if config.frozen:
        check_fitted_on(context)
        return []
    parts = []
    for file in context.inputs["ingest"].names():
        name = file.removesuffix(".parquet").replace("part-", "sample-", 1)
        identity = {**_upstream(context, file), "below": below, "seed": config.seed}
        parts.append(Part(name, {"file": file, "below": below}, identity))
    return parts


def run_fit(context: Context, part: Part) -> Counts:
    """Write the sampled rows and the domains' sums of one part."""
    batch, duplicate = _read(context, str(part.spec["file"]))
    rows = draw(batch, duplicate, below=float(str(part.spec["below"])), seed=context.config.seed)
    write_arrays(context.out / f"{part.name}-sums.npz", sums=rows.sums, counts=rows.counts)
    write_table(context.out / f"{part.name}-rows.parquet", rows.table, rows.table.schema)
    return {}


def finish_fit(context: Context) -> Counts:
    """Fit the scorers one after another; write what each learnt, and the edges of the columns' histograms."""
    config: ScoresConfig = context.config
    if config.frozen:
        for name, path in frozen_files(config).items():
            link_or_copy(path, context.out / name)
        return {}
    sample = merge(
        sorted(context.out.glob("sample-*-rows.parquet")),
        sorted(context.out.glob("sample-*-sums.npz")),
        targets=_evaluations(context, "target-*.parquet"),
        protected=_evaluations(context, "protected-*.parquet"),
        target_vectors=_target_vectors(context),
        wanted=config.sample_documents,
        domain_names=_domain_names(context),
    )
    for name in config.scorers:
        plugin = load_plugin(SCORERS, name, "scorer")
        state = plugin.fit(sample, config)
        write_arrays(context.out / f"{name}.npz", **state)
        scorer: Scorer = plugin(state)
        scored = np.concatenate([scorer.score(block) for block in sample.blocks()])
        sample.columns.update(zip(scorer.columns, scored.T, strict=True))
    edges = {name: histogram_edges(values) for name, values in sample.columns.items()}
    edges |= {f"{name}:percentiles": percentile_values(values) for name, values in sample.columns.items()}
    write_arrays(context.out / EDGES, **edges)
    return {"sampled": len(sample.ids)}


def outside(config: ScoresConfig) -> dict[str, Json]:
    """Return the digests of the scorers that are taken from an earlier artefact, else of what they are fitted on."""
    if config.frozen is None:
        return given_digests(config)
    return {name: file_digest(path) for name, path in frozen_files(config).items()}


def plan_score(context: Context) -> list[Part]:
    """List one part per part of documents; what the scorers learnt is part of its identity."""
    config: ScoresConfig = context.config
    learnt = {name: file_digest(context.out / f"{name}.npz") for name in config.scorers}
    settings: dict[str, Json] = {"scorers": config.scorers, "drop": config.drop, "learnt": learnt}
    return [
        Part(
            file.removesuffix(".parquet"),
            {"file": file},
            {**_upstream(context, file), **settings, "twins": _twins_digest(context, file)},
        )
        for file in context.inputs["ingest"].names()
    ]


def run_score(context: Context, part: Part) -> Counts:
    """Write the scores of one part of documents, row by row."""
    batch, duplicate = _read(context, str(part.spec["file"]))
    scorers = _scorers(context.out, context.config.scorers)
    columns = score_columns(batch, scorers)
    for name, values in columns.items():
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise StageError(
                f"expected finite {name}, found {values[row]} in row {row} of {part.name} (document {batch.ids[row]})"
            )
    named = _twins(context, str(part.spec["file"]), batch.ids, duplicate)
    twins = {reason: ids.is_valid().to_numpy() for reason, ids in named.items()}
    reasons = drop_reasons(context.config.drop, {n: s.rules for n, s in scorers.items()}, columns, twins)
    schema = scores_schema(list(columns))
    arrays = [batch.ids, *(v.astype(np.float32) for v in columns.values()), reasons, pc.coalesce(*named.values())]
    table = pa.table([pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)], schema=schema)
    write_table(context.out / f"{part.name}.parquet", table, schema)
    dropped = Counter(reason for reason in reasons if reason)
    return {
        "documents": len(batch.ids),
        "dropped": sum(dropped.values()),
        **{f"dropped_{reason}": n for reason, n in dropped.items()},
    }


def finish_score(context: Context) -> Counts:
    """Write scores.json and removals.json, reading one part at a time."""
    scorers = _scorers(context.out, context.config.scorers)
    edges = read_arrays(context.out / EDGES)  # of frozen scorers perhaps more than are asked for now
    columns = [name for scorer in scorers.values() for name in scorer.columns]
    summary = Summary.empty(np.stack([edges[name] for name in columns]), len(_domain_names(context)))
    known = read_json(context.inputs["ingest"].file("sources.json")).keys()
    removed: Removals = {}
    flagged: Flagged = Counter()
    for file in context.inputs["ingest"].names():
        scores = read_table(context.out / file)
        assigned = read_table(context.inputs["domains"].file(file), ["domain"]).column("domain").to_numpy()
        summary.add([scores.column(name).to_numpy() for name in columns], assigned)
        sources = read_table(context.inputs["ingest"].file(file), ["source"]).column("source")
        add_removals(removed, sources, scores.column("drop_reason"), known=known)
        add_flagged(flagged, scores)
    rules: dict[str, Json] = {n: [rule.name for rule in s.rules] for n, s in scorers.items() if s.rules}
    facts = _facts(context.out, scorers, flagged)
    record: dict[str, Json] = {"columns": summary.as_json(columns), "rules": rules, "facts": facts}
    record["fitted_on"] = fitted_on(context)
    write_json(context.out / SUMMARY, record)
    write_json(context.out / "removals.json", removed)
    learnt = [name for scorer in scorers.values() if not scorer.rules for name in scorer.columns]
    wanted = {name: edges[f"{name}:percentiles"] for name in learnt}
    write_json(context.out / "examples.json", gather_examples(context, wanted, scorers.get("leak")))
    return {}


def _facts(out: Path, scorers: Mapping[str, Scorer], flagged: Flagged) -> dict[str, Json]:
    """Return what scorers say of what they learnt, by name; of `leak` also how many documents it flags."""
    facts = {name: s.facts(read_arrays(out / f"{name}.npz")) for name, s in scorers.items() if hasattr(s, "facts")}
    if "leak" in facts:
        facts["leak"] = with_flagged(facts["leak"], scorers["leak"].rules, flagged)
    return dict(facts)


def score_columns(batch: Batch, scorers: Mapping[str, Scorer]) -> dict[str, np.ndarray]:
    """Return every column of every scorer, (n,) each, block by block."""
    columns: dict[str, list[np.ndarray]] = {name: [] for scorer in scorers.values() for name in scorer.columns}
    for block in batch.blocks():
        for scorer in scorers.values():
            block.columns.update(zip(scorer.columns, scorer.score(block).T, strict=True))
        for name, pieces in columns.items():
            pieces.append(block.columns[name])
    return {name: np.concatenate([np.zeros(0), *pieces]) for name, pieces in columns.items()}


@lru_cache(maxsize=1)
def _scorers(out: Path, names: tuple[str, ...]) -> dict[str, Scorer]:
    """Rebuild the scorers once per process."""
    return {name: load_plugin(SCORERS, name, "scorer")(read_arrays(out / f"{name}.npz")) for name in names}


def _upstream(context: Context, file: str) -> dict[str, Json]:
    """Return the digests of the files that a part is read from."""
    return {name: context.inputs[name].digest(file) for name in ("ingest", "embed", "domains")}


def _twins_digest(context: Context, file: str) -> str:
    """Return the identity of a part's twins: which they are, not how similar, which every new document may change."""
    found = read_table(context.inputs["duplicates"].file(file), list(TWIN_COLUMNS.values()))
    rows = {name: np.flatnonzero(pc.is_valid(found[name]).to_numpy()) for name in found.column_names}
    kept: dict[str, Json] = {n: found[n].take(pa.array(at)).to_pylist() for n, at in rows.items()}
    return fingerprint({**kept, "rows": {n: list[Json](at.tolist()) for n, at in rows.items()}})


def _read(context: Context, file: str) -> tuple[Batch, np.ndarray]:
    """Return a part's documents with vectors and domains, and which of them are duplicates."""
    columns = ["id", "text", "n_tokens", "duplicate"]
    documents = read_table(context.inputs["ingest"].file(file), columns)
    embeddings = read_table(context.inputs["embed"].file(file))
    assigned = read_table(context.inputs["domains"].file(file))
    for name, table in (("embed", embeddings), ("domains", assigned)):
        _check_aligned(name, file, table.column("id"), documents.column("id"))
    batch = Batch(
        ids=documents.column("id").to_pylist(),
        texts=documents.column("text").to_pylist(),
        vectors=vectors_of(embeddings),
        domains=assigned.column("domain").to_numpy(),
        tokens=documents.column("n_tokens").to_numpy(),
    )
    return batch, documents.column("duplicate").to_numpy(zero_copy_only=False)


def _twins(context: Context, file: str, ids: Sequence[str], duplicate: np.ndarray) -> dict[str, pa.ChunkedArray]:
    """Return the id of the document kept instead, null for none, by the kind of duplicate that the document is."""
    found = read_table(context.inputs["duplicates"].file(file), ["id", *TWIN_COLUMNS.values()])
    _check_aligned("duplicates", file, found.column("id"), pa.chunked_array([ids], pa.string()))
    exact = pc.if_else(pa.array(duplicate), found.column("id"), None)
    return {"duplicate": exact, **{reason: found.column(name) for reason, name in TWIN_COLUMNS.items()}}


def _check_aligned(stage: str, file: str, ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> None:
    if not ids.equals(expected):
        raise StageError(
            f"expected the ids of ingest in {file} of {stage}, found others ({len(ids)} rows against {len(expected)}); "
            f"delete the artefact of {stage} and run again"
        )


def _domain_names(context: Context) -> tuple[str, ...]:
    return tuple(read_table(context.inputs["domains"].file("domains.parquet"), ["name"])["name"].to_pylist())


def _evaluations(context: Context, files: str) -> Evaluations:
    """Return the texts of held-out sets; of the targets, in the order of their vectors."""
    targets = context.inputs["targets"]
    tables = [read_table(targets.file(name), ["text", "source"]) for name in targets.names(files)]
    if not tables:
        return Evaluations()
    rows = pa.concat_tables(tables)
    names = sorted(set(rows["source"].to_pylist()))
    owners = np.array([names.index(source) for source in rows["source"].to_pylist()], np.int32)
    return Evaluations(rows["text"].to_pylist(), owners, tuple(names))


def _target_vectors(context: Context) -> np.ndarray:
    """Return the (m, dimensions) float32 vectors of all targets' texts; none when vectors came with the corpus."""
    embed = context.inputs["embed"]
    tables = [read_table(embed.file(name)) for name in embed.names("target-*.parquet")]
    return np.concatenate([vectors_of(table) for table in tables]) if tables else np.zeros((0, 0), np.float32)


def steps(config: ScoresConfig) -> tuple[Step, ...]:
    """Return the stage's steps."""
    return (
        Step("fit", plan_fit, run_fit, finish_fit, keep=False),
        Step("score", plan_score, run_score, finish_score),
    )


SCORES = Stage(
    name="scores",
    version=5,
    config=ScoresConfig,
    inputs=("ingest", "embed", "domains", "duplicates", "targets"),
    steps=steps,
    outside=outside,
)
