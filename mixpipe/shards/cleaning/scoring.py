"""Step `score`: the excess losses of every token, shard by shard, and where a global choice of them ends."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa

from mixpipe.errors import ConfigError, StageError
from mixpipe.models.causal import CausalModel
from mixpipe.models.finding import find_model, weights_digest
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.rows import CUTOFF, SCORES, excesses, files_in, part_in, values_of
from mixpipe.shards.cleaning.scored import SCORED, Pair, scored
from mixpipe.shards.cleaning.selecting import count_equal, cutoff
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.layout import shard_files
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part

__all__ = ["finish_score", "plan_score", "run_score"]


def plan_score(context: Context) -> list[Part]:
    """List the shards; refuse those that hold no texts before any work."""
    shards = context.inputs["shards"]
    files = shard_files(shards, _form(shards))
    config: CleaningConfig = context.config
    read: dict[str, Json] = {"window": config.window, **config.template._asdict()}
    return [
        Part(part_in(file, SCORES), {"file": file}, {"shard": shards.digest(file), **read, **context.outside})
        for file in files
    ]


def run_score(context: Context, part: Part) -> Counts:
    """Write the excess losses of one shard's tokens.

    Raises:
        ConfigError: the models have not the same tokens.
        StageError: a loss is no finite number.
    """
    config: CleaningConfig = context.config
    shards, pair = context.inputs["shards"], _pair(context)
    pair.check()
    table = _form(shards).read(shards.path / str(part.spec["file"]), ["id", "domain", "copy", "text"])
    counts = {"documents": table.num_rows, "tokens": 0, "response_tokens": 0}

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in scored(table, pair, config.template):
            if not np.isfinite(values_of(rows["excess"])).all():
                raise StageError(f"expected finite losses of {part.spec['file']}, found others; check both models")
            counts["tokens"] += len(values_of(rows["excess"]))
            counts["response_tokens"] += int(values_of(rows["is_response"]).sum())
            yield from rows.to_batches()

    write_table(context.out / f"{part.name}.parquet", batches(), SCORED)
    return dict(counts)


def finish_score(context: Context) -> Counts:
    """Find where a global choice ends, and how many tokens that equal its last one lie before each shard.

    Raises:
        StageError: no document has a response.
    """
    files = files_in(context, SCORES)
    if not any(len(excess) for file in files for excess in excesses(file)):
        raise StageError(
            f"expected responses after {context.config.response_after!r} (--response-after), found none in any document"
        )
    end = cutoff(lambda: (excess for file in files for excess in excesses(file)), context.config.keep)
    equal = [sum(count_equal(excess, end) for excess in excesses(file)) for file in files]
    before = np.cumsum([0, *equal]).tolist()
    names = [str(file.relative_to(context.out / SCORES)) for file in files]
    write_json(context.out / CUTOFF, {**end._asdict(), "equal_before": dict(zip(names, before[:-1], strict=True))})
    return {}


def _form(shards: Artefact) -> DocumentFormat:
    """Return a format of texts that the shards are in.

    Raises:
        ConfigError: they are in none.
    """
    forms = [load_format(str(name)) for name in read_json(shards.file("dataset.json"))["formats"]]
    for form in forms:
        if not isinstance(form, TokenFormat):
            return form
    raise ConfigError(
        "expected shards in a format of texts, found tokens alone; run again with parquet among shards.formats"
    )


def _pair(context: Context) -> Pair:
    config: CleaningConfig = context.config
    models = [
        _loaded(name, str(context.outside[field]), field, str(context.outside["dtype"]), config.window)
        for field, name in (("base", config.base), ("reference", config.reference))
    ]
    return Pair(*models)


@lru_cache(maxsize=2)
def _loaded(name: str, digest: str, field: str, dtype: str, window: int) -> CausalModel:
    """Return this process's copy of a model, with the weights that the work was planned with."""
    folder = find_model(name, f"--{field}")
    if (found := weights_digest(folder)) != digest:
        raise StageError(
            f"expected weights of {name} with digest {digest}, as the work was planned, found {found} in {folder}; "
            "give every machine the same model"
        )
    return CausalModel(folder, dtype=dtype, window=window)
