"""Step `fit`: a sample of the corpus and the domains' sums, with the targets and labelled texts, and on it the scorers.

Each is fitted with the columns of those before it, and what it learnt is kept as `<scorer>.npz`; with `frozen` these
files are taken from an earlier artefact instead.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from mixpipe.personal_data import masked
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.examples import percentile_values
from mixpipe.scores.frozen import EDGES, check_fitted_on, frozen_files
from mixpipe.scores.given import given_digests
from mixpipe.scores.labelled import read_labelled
from mixpipe.scores.protocol import Evaluations, Scorer
from mixpipe.scores.reading import domain_names, is_masked, read_batch, upstream
from mixpipe.scores.removal import check_reasons
from mixpipe.scores.sample import bound, draw, merge
from mixpipe.scores.summary import histogram_edges
from mixpipe.store.artefact import Counts
from mixpipe.store.files import link_or_copy, read_json, read_table, write_arrays, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part
from mixpipe.vectors import vectors_of

__all__ = ["finish_fit", "outside", "plan_fit", "run_fit"]


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
        identity = {**upstream(context, file), "below": below, "seed": config.seed}
        parts.append(Part(name, {"file": file, "below": below}, identity))
    return parts


def run_fit(context: Context, part: Part) -> Counts:
    """Write the sampled rows and the domains' sums of one part."""
    batch, duplicate = read_batch(context, str(part.spec["file"]))
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
        domain_names=domain_names(context),
    )
    sample = replace(sample, labelled=read_labelled(context))
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
    """Return the digests of what scorers are fitted on, and of those that are taken from an earlier artefact."""
    return {**given_digests(config), **{name: file_digest(path) for name, path in frozen_files(config).items()}}


def _evaluations(context: Context, files: str) -> Evaluations:
    """Return the texts of held-out sets, masked as the corpus is; of the targets, in the order of their vectors."""
    targets = context.inputs["targets"]
    tables = [read_table(targets.file(name), ["text", "source"]) for name in targets.names(files)]
    if not tables:
        return Evaluations()
    rows = pa.concat_tables(tables)
    names = sorted(set(rows["source"].to_pylist()))
    owners = np.array([names.index(source) for source in rows["source"].to_pylist()], np.int32)
    texts: list[str] = rows["text"].to_pylist()
    return Evaluations([masked(text).text for text in texts] if is_masked(context) else texts, owners, tuple(names))


def _target_vectors(context: Context) -> np.ndarray:
    """Return the (m, dimensions) float32 vectors of all targets' texts; none when vectors came with the corpus."""
    embed = context.inputs["embed"]
    tables = [read_table(embed.file(name)) for name in embed.names("target-*.parquet")]
    vectors = [vectors_of(table["vector"]).astype(np.float32) for table in tables]
    return np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)
