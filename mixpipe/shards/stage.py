"""Stage: planned copies to globally shuffled shards, a data set card and its records.

An external shuffle in two passes, each bounded by one shard's text: `scatter` groups copies by shard (see
`scatter.py`), `gather` puts one shard in order (see `shuffle.py`) and writes it in every registered format asked for:
texts format by format, tokens once for all formats of tokens (see `encoding.py`), `count` reads each shard back. The
formats of a shard lie side by side and differ in their suffix; which shards there are says `layout.py`. Writes
`data/train-00000-of-00042.parquet` (SHARDS), `README.md`, `mixture.json`, `dataset.json` (see `realised.py`), and
`tokenizer.json` where there are tokens.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import ConfigError, StageError
from mixpipe.shards.card import dataset_card
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.encoding import encoded, load_encoder
from mixpipe.shards.formats import check_formats, load_format
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.indices import write_indices
from mixpipe.shards.layout import ShardLayout, shard_layout
from mixpipe.shards.realised import dataset_record, realised_mixture
from mixpipe.shards.scatter import group_parts, last_id_before, read_batches, write_batches
from mixpipe.shards.shuffle import shard_order
from mixpipe.shards.tally import TIER, read_tallies, tally_shard, write_tallies
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, read_table, write_json, write_text
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context, Part, Stage, Step
from mixpipe.tables import SHARDS as SHARDS_SCHEMA
from mixpipe.tokenizer import tokenizer_json

__all__ = ["SHARDS"]

# Where a document cannot but follow itself.
REMEDIES = {
    "mixed": "lower max_epochs, drop duplicates or raise shards.shard_mib",
    "by-domain": "lower max_epochs, drop duplicates or leave the domain out of the mixture; or write "
    "shards.layout=mixed, where documents of other domains lie between its copies",
}
TABLE_BYTES = 64 << 20  # text handed to the format at a time; one row group, under the hub's 100 MB


def plan_scatter(context: Context) -> list[Part]:
    """List groups of parts; refuse a plan without copies and what cannot be written before any work."""
    config: ShardsConfig = context.config
    check_formats(config.formats)
    if _formats(config)[1]:
        load_encoder(config, context.inputs["ingest"])
    elif config.tokenizer or config.end_token or config.sequence_length:
        raise ConfigError(
            f"expected a format of tokens in shards.formats, for which shards.tokenizer, end_token and sequence_length "
            f"are, found {', '.join(config.formats)}"
        )
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
    parts: Any = part.spec["parts"]
    write_batches(context, context.out / f"{part.name}.arrow", parts, _layout(context))
    return {}


def plan_gather(context: Context) -> list[Part]:
    """List the shards."""
    names, identity = _layout(context).names, _identity(context)
    return [Part(name, {"shard": shard}, {**identity, "shard": shard}) for shard, name in enumerate(names)]


def run_gather(context: Context, part: Part) -> Counts:
    """Put one shard's rows in order and write them."""
    shard: Any = part.spec["shard"]
    stretch = _layout(context).stretch(shard)
    scattered = sorted(context.out.glob("scatter-*.arrow"))
    rows = read_batches(scattered, shard).combine_chunks()
    before = last_id_before(scattered, shard, stretch[0])
    try:
        order = shard_order(rows["position"], rows["id"], before, is_last=shard == stretch[-1])
    except StageError as error:
        raise StageError(f"{error} in {part.name}; {REMEDIES[context.config.layout]}") from error
    texts, tokens = _formats(context.config)
    names = _domain_names(context)
    for form in texts:
        form.write(context.out / f"{part.name}{form.suffix}", _tables(rows, order, names))
    if tokens:
        encoder = load_encoder(context.config, context.inputs["ingest"])
        with encoded(_tables(rows, order, names), encoder, context.out) as shard_of_tokens:
            for token_form in tokens:
                token_form.write(context.out / f"{part.name}{token_form.suffix}", shard_of_tokens)
    return {"documents": rows.num_rows}


def plan_count(context: Context) -> list[Part]:
    """List the shards once more."""
    identity = _identity(context)
    count = len(_layout(context).names)
    return [Part(_counted(shard), {"shard": shard}, {**identity, "count": shard}) for shard in range(count)]


def run_count(context: Context, part: Part) -> Counts:
    """Count one shard, in every format, as it lies on disk."""
    shard: Any = part.spec["shard"]
    name, n_domains = _layout(context).names[shard], len(_domain_names(context))
    forms = {form: load_format(form) for form in context.config.formats}
    tallies = {
        key: tally_shard(
            f"{name}{form.suffix}", form.read(context.out / f"{name}{form.suffix}", [*form.counted, TIER]), n_domains
        )
        for key, form in forms.items()
    }
    write_tallies(context.out / f"{part.name}.json", tallies)
    return {}


def finish_count(context: Context) -> Counts:
    """Check what was written against the plan, and write the records and the card.

    Raises:
        StageError: the tokens of a domain differ from those planned.
    """
    config: ShardsConfig = context.config
    forms = {name: load_format(name) for name in config.formats}
    names = _layout(context).names
    write_indices(context.out, names, [*forms.values()])
    counted = [read_tallies(context.out / f"{_counted(shard)}.json") for shard in range(len(names))]
    tallies = {form: [tally[form] for tally in counted] for form in forms}
    planned = read_json(context.inputs["plan"].file("mixture.json"))
    mixture, *_ = [realised_mixture(found, planned) for found in tallies.values()]
    dataset = dataset_record(tallies, mixture, context)
    if _formats(config)[1]:
        encoder = load_encoder(config, context.inputs["ingest"])
        dataset["encoding"] = encoder.layout._asdict()
        write_text(context.out / "tokenizer.json", encoder.json)
    write_json(context.out / "mixture.json", mixture)
    write_json(context.out / "dataset.json", dataset)
    write_text(context.out / "README.md", dataset_card(dataset))
    first = tallies[config.formats[0]]
    return {"shards": len(first), "tokens": sum(int(tally.tokens.sum()) for tally in first)}


def _formats(config: ShardsConfig) -> tuple[list[DocumentFormat], list[TokenFormat]]:
    """Return the formats of texts and those of tokens."""
    texts, tokens = list[DocumentFormat](), list[TokenFormat]()
    for form in map(load_format, config.formats):
        if isinstance(form, TokenFormat):
            tokens.append(form)
        else:
            texts.append(form)
    return texts, tokens


def _counted(shard: int) -> str:
    """Return the name of the part that counts a shard."""
    return f"count-{shard:05d}"


def _layout(context: Context) -> ShardLayout:
    config: ShardsConfig = context.config
    return shard_layout(config.layout, config.shard_mib, context.inputs["plan"], context.inputs["domains"])


def _tables(rows: pa.Table, order: pa.Array, names: list[str]) -> Iterator[pa.Table]:
    """Yield a shard's rows in order, about TABLE_BYTES at a time; one empty table when there are none."""
    text_bytes = pc.sum(pc.binary_length(rows["text"])).as_py() or 0
    step = max(TABLE_BYTES * rows.num_rows // max(text_bytes, 1), 1)
    for start in range(0, max(rows.num_rows, 1), step):
        table = rows.take(order.slice(start, step))
        domain_names = pa.array(names, pa.string()).take(table["domain"].combine_chunks())
        yield table.append_column("domain_name", domain_names).select(SHARDS_SCHEMA.names).cast(SHARDS_SCHEMA)


def _domain_names(context: Context) -> list[str]:
    domains = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "name"])
    return [str(name) for name in domains.sort_by("domain")["name"].to_pylist()]


def _identity(context: Context) -> dict[str, Json]:
    inputs: dict[str, Json] = {name: context.inputs[name].fingerprint for name in SHARDS.inputs}
    return {"inputs": inputs, "config": context.config.identity(), "outside": context.outside}


def _outside(config: ShardsConfig) -> dict[str, Json]:
    """Return the identity of the tokenizer, when one is given."""
    return {} if config.tokenizer is None else {"tokenizer": fingerprint(tokenizer_json(config.tokenizer))}


def _steps(config: ShardsConfig) -> tuple[Step, ...]:
    return (
        Step("scatter", plan_scatter, run_scatter, keep=False, unit="group"),
        Step("gather", plan_gather, run_gather, unit="shard"),
        Step("count", plan_count, run_count, finish_count, keep=False, unit="shard"),
    )


SHARDS = Stage(
    name="shards",
    version=5,
    config=ShardsConfig,
    inputs=("ingest", "domains", "scores", "plan"),
    steps=_steps,
    outside=_outside,
)
