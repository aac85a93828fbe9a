"""Makers that pick documents one after another: they see blocks of a domain, and a value says how early.

`deal` reads each part once and deals its eligible documents to blocks by a keyed hash of the id (of the place too for
exact copies, which would else all fall into one block), about 4,096 of one domain in each; `select` gathers one block
(texts cut to 16,384 characters, vectors, sources), has the maker put it in order, and deals the values back to the
parts. Every block is a random sample of its domain, so values of different blocks compare. Memory: one part's texts,
then one block's (67 MB at most); disk: the texts once, until the stage is sealed. Blocks are in the order of their ids
and seeded by their first one, so nothing but the block of an exact copy hangs on the order of files.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.dealt import read_dealt, write_dealt
from mixpipe.plan.eligible import read_eligible
from mixpipe.plan.makers.protocol import Pool, selects
from mixpipe.plan.parts import document_parts, paths_of
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_hashes, keyed_uniforms
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Step
from mixpipe.vectors import vectors_of

__all__ = ["block_counts", "read_picks", "select_steps"]

BLOCK_DOCUMENTS = 4_096
TEXT_CHARACTERS = 16_384


def plan_deal(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return document_parts(context, "deal")


def run_deal(context: Context, part: Part) -> Counts:
    """Deal one part's eligible documents to blocks."""
    name = str(part.spec["part"])
    part_of = read_eligible(context, name)
    found, rows = part_of.candidates, np.flatnonzero(part_of.mask)
    columns = ["text", "source", "duplicate"]
    texts = read_table(context.inputs["ingest"].file(name), columns).take(pa.array(rows))
    vectors = read_table(context.inputs["embed"].file(name), ["vector"]).take(pa.array(rows))
    counts = block_counts(context)
    first = np.cumsum(counts) - counts
    copies = zip(found.ids, rows.tolist(), texts["duplicate"].to_pylist(), strict=True)
    keys = [f"{own}:{name}:{row}" if is_copy else own for own, row, is_copy in copies]
    uniforms = keyed_uniforms(keys, f"plan:blocks:{context.config.seed}")
    block = first[found.domains] + (uniforms * counts[found.domains]).astype(np.int64)
    dealt = {
        "id": pa.array(found.ids, pa.string()),
        "text": pc.utf8_slice_codeunits(texts["text"], 0, TEXT_CHARACTERS),
        "source": texts["source"],
        "vector": vectors["vector"],
        "n_tokens": found.tokens,
        "part": np.full(len(rows), int(str(part.spec["number"]))),
        "row": rows,
    }
    write_dealt(context.out / f"{part.name}.arrow", pa.table({**dealt, **found.columns}), block)
    return {}


def plan_select(context: Context) -> list[Part]:
    """List the blocks."""
    count = int(block_counts(context).sum())
    identity: dict[str, Json] = {"config": context.config.identity()}
    return [
        Part(f"select-{block:06d}-of-{count:06d}", {"block": block}, {**identity, "block": block})
        for block in range(count)
    ]


def run_select(context: Context, part: Part) -> Counts:
    """Have the maker put one block in order, and write the value of each document.

    Raises:
        StageError: what the maker returned is no order of the block.
    """
    config: PlanConfig = context.config
    maker, block = config.chosen, int(str(part.spec["block"]))
    dealt = read_dealt(paths_of(context, "deal", ".arrow"), block)
    rows = dealt.sort_by([(key, "ascending") for key in ("id", "source", "part", "row")]).combine_chunks()
    values = np.zeros(rows.num_rows)
    if rows.num_rows and selects(maker):
        pool = _pool(rows, maker.columns)
        seed = int(keyed_hashes(pool.ids[:1], f"plan:order:{config.seed}")[0])
        order = np.asarray(maker.order(pool, np.random.default_rng(seed)))
        if not np.array_equal(np.sort(order), np.arange(rows.num_rows)):
            raise StageError(
                f"expected an order of the {rows.num_rows} documents of block {block} from the plan maker "
                f"{config.maker}, found {len(order)} numbers, {len(np.unique(order))} of them different"
            )
        taken = np.cumsum(pool.tokens[order])
        values[order] = 1 - (taken - pool.tokens[order] / 2) / taken[-1]
    table = pa.table({"row": rows["row"], "value": values})
    write_dealt(context.out / f"{part.name}.arrow", table, rows["part"].to_numpy())
    return {}


def block_counts(context: Context) -> np.ndarray:
    """Return how many blocks each domain has, (n_domains,) int64: of about 4,096 documents, the dropped included."""
    domains = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "documents"])
    documents = domains.sort_by("domain")["documents"].to_numpy()
    return np.asarray(np.maximum(-(-documents // BLOCK_DOCUMENTS), 1))


def read_picks(context: Context, number: int, n_documents: int) -> np.ndarray:
    """Return the values of the documents of one part by row, (n_docs,) float64; 0 where dropped."""
    found = read_dealt(sorted(context.out.glob("select-*.arrow")), number)
    values = np.zeros(n_documents)
    values[found["row"].to_numpy()] = found["value"].to_numpy()
    return values


def select_steps() -> tuple[Step, ...]:
    """Return the steps."""
    return (
        Step("deal", plan_deal, run_deal, keep=False),
        Step("select", plan_select, run_select, keep=False, unit="block"),
    )


def _pool(rows: pa.Table, columns: tuple[str, ...]) -> Pool:
    return Pool(
        ids=rows["id"].to_pylist(),
        texts=rows["text"].to_pylist(),
        sources=rows["source"].to_pylist(),
        vectors=vectors_of(rows["vector"]).astype(np.float32),
        tokens=rows["n_tokens"].to_numpy(),
        columns={column: rows[column].to_numpy() for column in columns},
    )
