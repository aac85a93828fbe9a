"""Stage: planned copies to globally shuffled shards, a data set card and its records.

An external shuffle in two passes, each bounded by one shard's text: `scatter` groups copies by shard (see
`scatter.py`), `gather` puts one shard in order (see `shuffle.py`) and writes it through a registered format. Writes
`data/train-00000-of-00042.parquet` (SHARDS), `README.md`, `mixture.json` and `dataset.json` (see `records.py`).
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import StageError
from mixpipe.shards.card import dataset_card
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.formats import load_format
from mixpipe.shards.records import TALLY_COLUMNS, dataset_record, realised_mixture, tally_shard
from mixpipe.shards.scatter import count_shards, group_parts, last_id_before, read_batches, write_batches
from mixpipe.shards.shuffle import shard_order
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, read_table, write_json, write_text
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import SHARDS as SHARDS_SCHEMA

__all__ = ["SHARDS"]

TABLE_BYTES = 64 << 20  # text handed to the format at a time; one row group, under the hub's 100 MB


def plan_scatter(context: Context) -> list[Part]:
    """List groups of parts; refuse a plan without copies and an unknown format before any work."""
    config: ShardsConfig = context.config
    load_format(config.format)
    plan = context.inputs["plan"]
    if not plan.counts["copies"]:
        raise StageError("expected at least one planned copy, found none: every document was dropped; see plan.json")
    groups = group_parts(plan, config.shard_mib)
    names = [f"scatter-{number:05d}-of-{len(groups):05d}" for number in range(len(groups))]
    identity = _identity(context)
    return [
        Part(name, {"parts": group}, {**identity, "parts": group}) for name, group in zip(names, groups, strict=True)
    ]


def run_scatter(context: Context, part: Part) -> Counts:
    """Write one group's copies, one batch per shard."""
    _return_memory()
    parts: Any = part.spec["parts"]
    n_shards = count_shards(context.inputs["plan"], context.config.shard_mib)
    write_batches(context, context.out / f"{part.name}.arrow", parts, n_shards)
    return {}


def plan_gather(context: Context) -> list[Part]:
    """List the shards."""
    count = count_shards(context.inputs["plan"], context.config.shard_mib)
    names = [f"data/train-{shard:05d}-of-{count:05d}" for shard in range(count)]
    identity = _identity(context)
    return [Part(name, {"shard": shard}, {**identity, "shard": shard}) for shard, name in enumerate(names)]


def run_gather(context: Context, part: Part) -> Counts:
    """Put one shard's rows in order and write them."""
    _return_memory()
    shard: Any = part.spec["shard"]
    count = count_shards(context.inputs["plan"], context.config.shard_mib)
    scattered = sorted(context.out.glob("scatter-*.arrow"))
    rows = read_batches(scattered, shard).combine_chunks()
    before = last_id_before(scattered, shard)
    order = shard_order(rows["position"], rows["id"], before, is_last=shard == count - 1)
    form = load_format(context.config.format)
    tables = _tables(rows, order, _domain_names(context))
    written = form.write(context.out / f"{part.name}{form.suffix}", tables)
    return {"documents": written}


def finish_gather(context: Context) -> Counts:
    """Re-read what was written, check it against the plan, and write the records and the card.

    Raises:
        StageError: the tokens of a domain differ from those planned.
    """
    form = load_format(context.config.format)
    names = _domain_names(context)
    paths = sorted((context.out / "data").glob(f"train-*{form.suffix}"))
    for name, record in form.index(paths).items():
        write_json(context.out / "data" / name, record)
    tallies = [tally_shard(f"data/{path.name}", form.read(path, TALLY_COLUMNS), len(names)) for path in paths]
    planned = read_json(context.inputs["plan"].file("mixture.json"))
    mixture = realised_mixture(tallies, planned)
    dataset = dataset_record(tallies, mixture, context)
    write_json(context.out / "mixture.json", mixture)
    write_json(context.out / "dataset.json", dataset)
    write_text(context.out / "README.md", dataset_card(dataset, form.suffix))
    return {"shards": len(tallies), "tokens": sum(int(tally.tokens.sum()) for tally in tallies)}


def _tables(rows: pa.Table, order: pa.Array, names: list[str]) -> Iterator[pa.Table]:
    """Yield a shard's rows in order, about TABLE_BYTES at a time; one empty table when there are none."""
    text_bytes = pc.sum(pc.binary_length(rows["text"])).as_py() or 0
    step = max(TABLE_BYTES * rows.num_rows // max(text_bytes, 1), 1)
    for start in range(0, max(rows.num_rows, 1), step):
        table = rows.take(order.slice(start, step))
        domain_names = pa.array(names, pa.string()).take(table["domain"].combine_chunks())
        yield table.append_column("domain_name", domain_names).select(SHARDS_SCHEMA.names).cast(SHARDS_SCHEMA)


def _return_memory() -> None:
    """Give back what Arrow kept of the part before: a quarter of a worker's peak, measured at 16 MiB shards."""


def _domain_names(context: Context) -> list[str]:
    domains = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "name"])
    return [str(name) for name in domains.sort_by("domain")["name"].to_pylist()]


def _identity(context: Context) -> dict[str, Json]:
    inputs: dict[str, Json] = {name: context.inputs[name].fingerprint for name in SHARDS.inputs}
    return {"inputs": inputs, "config": context.config.identity()}


def _steps(config: ShardsConfig) -> tuple[Step, ...]:
    return (
        Step("scatter", plan_scatter, run_scatter, keep=False, unit="group"),
        Step("gather", plan_gather, run_gather, finish_gather, unit="shard"),
    )


SHARDS = Stage(
    name="shards",
    version=1,
    config=ShardsConfig,
    inputs=("ingest", "domains", "scores", "plan"),
    steps=_steps,
)
