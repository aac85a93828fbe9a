"""Materialising a mixture: mixpipe's plan and shards against Hugging Face `datasets`, same machine, same run.

Both draw the same documents with the same repeats, shuffle globally and write zstd Parquet with page index and
content-defined chunks. `datasets` does it as its documentation says (`from_parquet`, `select`, `to_parquet`; row
numbers ready made, not timed): in one process; so with snappy, which is all that its `to_parquet` writes unless told
otherwise from inside; and with two processes writing a half each. mixpipe is given the plan (`shards`) or makes it too
(`plan_and_shards`), with two processes; hashing, records and card are included. Runs alternate; every run is a fresh
process; memory is the largest resident set of any process (pages of mapped files count, for both).

    python benchmarks/materialise.py --corpus FOLDER_OF_PARQUET [--parts 3] [--rounds 3] [--json RESULT]
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets.io import parquet

from mixpipe.plan.config import PlanConfig
from mixpipe.plan.stage import PLAN
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.stage import SHARDS
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_table, write_json, write_table
from mixpipe.store.fingerprint import text_id
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.tables import ASSIGNMENTS, DOCUMENTS, DOMAINS, embeddings_schema, scores_schema

N_DOMAINS = 8
WEIGHTS = np.arange(N_DOMAINS, 0, -1) / np.arange(N_DOMAINS + 1).sum()
ROWS = 1024  # documents in a part, the default of ingest
PROCESSES = 2
EPOCHS = 2.0  # planned bytes over corpus bytes
SHARD_MIB = 64.0
RIVALS = {"datasets": (1, "zstd"), "datasets_snappy": (1, "snappy"), "datasets_2": (2, "zstd")}


class UpstreamConfig(StageConfig):
    """Where the texts come from."""

    corpus: str
    parts: int


def upstream_tables(context: Context, part: Part) -> dict[str, pa.Table]:
    """Return one part's documents, domains and scores; domains and quality are hashes of the id."""
    texts = pq.read_table(part.spec["file"], columns=["id", "text", "source"])
    texts = texts.slice(part.spec["start"], ROWS)
    rows = texts["text"].to_pylist()
    ids = [text_id(text) for text in rows]
    uniforms = keyed_uniforms(ids, "benchmark")
    sizes = [len(text.encode()) for text in rows]
    documents = {"id": ids, "text": texts["text"], "source": texts["source"], "n_bytes": sizes}
    documents |= {"n_tokens": [max(size // 4, 1) for size in sizes], "duplicate": [False] * len(ids)}
    documents |= {"meta": [json.dumps({"id": own}) for own in texts["id"].to_pylist()]}
    domains = {"id": ids, "domain": (uniforms * N_DOMAINS).astype(np.int32), "distance": np.zeros(len(ids))}
    rank = keyed_uniforms(ids, "quality")
    scores = {"id": ids, "quality": rank, "quality_rank": rank, "drop_reason": [None] * len(ids)}
    scores |= {"twin_id": [None] * len(ids)}
    vectors = {"id": ids, "vector": [np.array([1, 0], np.float16)] * len(ids)}  # read by plan makers that select
    tables = {"ingest": documents, "embed": vectors, "domains": domains, "scores": scores}
    return {stage: pa.table(columns) for stage, columns in tables.items()}


SCHEMAS = {
    "ingest": DOCUMENTS,
    "embed": embeddings_schema(2),
    "domains": ASSIGNMENTS,
    "scores": scores_schema(["quality", "quality_rank"]),
}
UPSTREAM = (*SCHEMAS, "search")


def plan_upstream(stage: str, context: Context) -> list[Part]:
    if stage == "search":
        return []
    pieces = []
    for file in sorted(Path(context.config.corpus).glob("*.parquet"))[: context.config.parts]:
        pieces += [{"file": str(file), "start": start} for start in range(0, pq.read_metadata(file).num_rows, ROWS)]
    return [Part(f"part-{i:05d}-of-{len(pieces):05d}", piece, dict(piece)) for i, piece in enumerate(pieces)]


def run_upstream(stage: str, context: Context, part: Part) -> dict[str, float]:
    table = upstream_tables(context, part)[stage]
    return {"rows": write_table(context.out / f"{part.name}.parquet", table, SCHEMAS[stage])}


def finish_upstream(stage: str, context: Context) -> dict[str, float]:
    names = [f"domain-{d}" for d in range(N_DOMAINS)]
    if stage == "ingest":
        write_json(context.out / "tokenizer.json", {})
    if stage == "search":
        write_json(context.out / "mixture.json", {"weights": WEIGHTS.tolist(), "domains": names})
    if stage == "domains":
        empty = {"terms": [], "medoids": [], "examples": []}
        numbers = dict.fromkeys(("documents", "tokens", "share", "compactness", "separation", "x", "y"), 0)
        rows = [{"domain": d, "name": name, **numbers, **empty} for d, name in enumerate(names)]
        write_table(context.out / "domains.parquet", pa.Table.from_pylist(rows, schema=DOMAINS), DOMAINS)
    return {}


def build(root: Path, stage: Stage, config: StageConfig, inputs: dict[str, Artefact], processes: int = 1) -> Artefact:
    """Build one stage, its parts shared among processes."""
    job = open_stage(root, stage, config, inputs)
    if isinstance(job, Artefact):
        return job
    for step in job.steps:
        parts = job.pending(step, job.plan(step))
        if processes == 1:
            for part in parts:
                run_part(job, step, part)
        else:
            with multiprocessing.get_context("fork").Pool(processes) as pool:
                pool.map(partial(run_part, job, step), parts, chunksize=1)
        finish_step(job, step)
    return seal(job)


def seal_upstream(root: Path, corpus: Path, parts: int) -> dict[str, Artefact]:
    config = UpstreamConfig(corpus=str(corpus), parts=parts)
    sealed = {}
    for name in UPSTREAM:
        step = Step("write", partial(plan_upstream, name), partial(run_upstream, name), partial(finish_upstream, name))
        sealed[name] = build(root, Stage(name, 1, UpstreamConfig, (), lambda _, step=step: (step,)), config, {})
    return sealed


def open_upstream(root: Path) -> dict[str, Artefact]:
    """Open what `seal_upstream` sealed."""
    folders = {name: next((root / "artifacts" / name).iterdir()) for name in UPSTREAM}
    return {name: Artefact.load(folder) for name, folder in folders.items()}


def run_mixpipe(root: Path, out: Path, *, with_plan: bool) -> int:
    """Write the shards, given the plan or not; return the rows written."""
    inputs, config = open_upstream(root), PlanConfig(budget_tokens=int((root / "budget").read_text()))
    plan = build(out if with_plan else root / "planned", PLAN, config, inputs, PROCESSES)
    shards = build(out, SHARDS, ShardsConfig(shard_mib=SHARD_MIB), {**inputs, "plan": plan}, PROCESSES)
    return int(shards.counts["documents"])


def write_piece(dataset: object, out: Path, codec: str, pieces: int, number: int) -> None:
    """Write one of several pieces with `to_parquet`, whose codec is not an argument."""
    plain = parquet.get_parquet_column_options

    def with_codec(features: object, schema: pa.Schema) -> dict[str, object]:
        return {**plain(features, schema), "compression": codec}

    parquet.get_parquet_column_options = with_codec
    piece = dataset.shard(pieces, number, contiguous=True)
    piece.to_parquet(str(out / f"train-{number}.parquet"))


def run_datasets(root: Path, out: Path, pieces: int, codec: str) -> int:
    """Do the same with `datasets`; return the rows written."""
    datasets.disable_progress_bars()
    ingest = open_upstream(root)["ingest"]
    files = [str(ingest.file(name)) for name in ingest.names()]
    dataset = datasets.Dataset.from_parquet(files, cache_dir=str(out / "cache"))
    chosen = dataset.select(np.load(root / "rows.npy"))
    write = partial(write_piece, chosen, out, codec, pieces)
    if pieces == 1:
        write(0)
    else:
        with multiprocessing.get_context("fork").Pool(pieces) as pool:
            pool.map(write, range(pieces))
    return len(chosen)


def prepare(root: Path, corpus: Path, parts: int) -> dict[str, int]:
    """Seal the upstream artefacts and write the row numbers that the plan comes to, shuffled."""
    inputs = seal_upstream(root, corpus, parts)
    sizes = [read_table(inputs["ingest"].file(n), ["n_tokens", "n_bytes"]) for n in inputs["ingest"].names()]
    tokens, text_bytes = (sum(sum(t[c].to_pylist()) for t in sizes) for c in ("n_tokens", "n_bytes"))
    budget = int(EPOCHS * tokens)
    plan = build(root / "planned", PLAN, PlanConfig(budget_tokens=budget), inputs)
    copies = np.concatenate([read_table(plan.file(name), ["copies"])["copies"].to_numpy() for name in plan.names()])
    rows = np.repeat(np.arange(len(copies)), copies)
    np.save(root / "rows.npy", np.random.default_rng(0).permutation(rows))
    (root / "budget").write_text(str(budget))
    return {"budget_tokens": budget, "documents": len(copies), "text_bytes": text_bytes, "rows": len(rows)}


def run_once(method: str, root: Path) -> None:
    """Run one method in this process and print what it took."""
    out = Path(tempfile.mkdtemp(dir=root))
    started, before = time.perf_counter(), time.process_time()
    if method in RIVALS:
        rows = run_datasets(root, out, *RIVALS[method])
    else:
        rows = run_mixpipe(root, out, with_plan=method == "plan_and_shards")
    seconds = time.perf_counter() - started
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    after = sum(part.ru_utime + part.ru_stime for part in usage)
    written = sum(path.stat().st_size for path in out.rglob("train*.parquet"))
    shutil.rmtree(out)
    peak = max(part.ru_maxrss for part in usage) / 1024
    found = {"seconds": seconds, "cpu_seconds": after - before, "rows": rows, "bytes": written, "peak_rss_mib": peak}
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--parts", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--once", nargs=2, metavar=("METHOD", "ROOT"), help="one timed run (internal)")
    arguments = parser.parse_args()
    if arguments.once:
        return run_once(arguments.once[0], Path(arguments.once[1]))
    with tempfile.TemporaryDirectory() as folder:
        facts = prepare(Path(folder), arguments.corpus, arguments.parts)
        runs: dict[str, list[dict[str, float]]] = {method: [] for method in ("shards", "plan_and_shards", *RIVALS)}
        for _ in range(arguments.rounds):
            for method, found in runs.items():
                command = [sys.executable, __file__, "--once", method, folder]
                printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                found.append(json.loads(printed.splitlines()[-1]))
    medians = {
        method: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for method, found in runs.items()
    }
    ratios = {m: medians[m]["seconds"] / medians["shards"]["seconds"] for m in medians}
    result = {"corpus": facts, "runs": runs, "medians": medians, "seconds_over_shards": ratios}
    print(json.dumps(result, indent=2))
    if arguments.json:
        write_json(arguments.json, result)


if __name__ == "__main__":
    main()
