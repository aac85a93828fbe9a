"""How many tokens each domain may give, and which of its documents the proxies read.

Simulated epoching: a proxy must repeat a domain as often as the target run would, so its pool of domain i holds
available_i * proxy tokens / budget tokens. Documents are ranked by a keyed hash of their ids and the first ones taken,
whatever part they lie in. Finding how far down the ranking to go needs no sorting: every part counts its tokens by
domain and by eighths of an octave of the hash, the counts are added up, and the line is drawn at a bin's edge, at
most 9 % too far. Duplicates, documents that a score dropped and copies of the targets' texts are no part of this: a
proxy that has read what it is measured on would praise the domain that it was found in.

Writes `survey.json`: `available` tokens, `pool` tokens, `held_out` tokens and `line` (the lowest bin taken), each by
domain, and `proxies.tokenizer.json`.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import InputError, StageError
from mixpipe.search.cells import cells_of, count_cells
from mixpipe.search.config import SearchConfig
from mixpipe.search.vocabulary import cut_vocabulary
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_table, write_arrays, write_json, write_text
from mixpipe.store.stage import Context, Part
from mixpipe.tokenizer import tokenizer_json

__all__ = ["SURVEY", "VOCABULARY", "Eligible", "eligible", "finish_survey", "plan_survey", "pool_tokens", "run_survey"]

SURVEY, VOCABULARY = "survey.json", "proxies.tokenizer.json"
# Eighths of an octave down to 2^-32: a domain of 10^15 tokens still gives a pool of 10^6.
BINS_PER_OCTAVE, BINS = 8, 256
# A pool has at least so many sequences, where the domain does: fewer would be learnt by heart.
LEAST_SEQUENCES = 8
# No more than this of a domain is held out, so that what measures a small domain does not eat it.
HELD_OUT_SHARE = 0.1
# Per domain a quarter of a target: there are more domains than targets, and their losses only illustrate.
HELD_OUT_PER_TARGET = 0.25


class Eligible(NamedTuple):
    """Documents of one part that proxies may read.

    Attributes:
        rows: (n,) int64 rows of the part.
        cell: (n,) int64, see `cells.py`.
        n_tokens: (n,) int64 in ingest's vocabulary.
        rank: (n,) float64 in [0, 1), the lowest are read first.
        bin: (n,) int64, the higher the bin the lower the rank.
    """

    rows: np.ndarray
    cell: np.ndarray
    n_tokens: np.ndarray
    rank: np.ndarray
    bin: np.ndarray


def eligible(context: Context, name: str) -> Eligible:
    """Read which documents of a part count, never their texts.

    Raises:
        StageError: the rows of documents, assignments and scores are not the same documents.
    """
    documents = read_table(context.inputs["ingest"].file(name), ["id", "n_tokens", "duplicate"])
    domains = read_table(context.inputs["domains"].file(name), ["id"])
    scores = read_table(context.inputs["scores"].file(name), ["id", "drop_reason"])
    for stage, table in (("domains", domains), ("scores", scores)):
        if not table["id"].equals(documents["id"]):
            raise StageError(
                f"expected the {documents.num_rows} documents of {name} in the same rows of {stage}, found "
                f"{table.num_rows} rows with other ids; delete the artefact of {stage} and run again"
            )
    copied = pc.is_in(documents["id"], value_set=_target_ids(context))
    kept = pc.and_not(pc.is_null(scores["drop_reason"]), pc.or_(documents["duplicate"], copied))
    rows = np.flatnonzero(pc.and_(kept, pc.greater(documents["n_tokens"], 0)).to_numpy())
    rank = keyed_uniforms(documents["id"].take(rows).to_pylist(), f"pools:{context.config.seed}")
    bins = np.minimum(-np.log2(np.maximum(rank, 2.0**-40)) * BINS_PER_OCTAVE, BINS - 1).astype(np.int64)
    return Eligible(rows, cells_of(context, name, rows), documents["n_tokens"].to_numpy()[rows], rank, bins)


def pool_tokens(available: np.ndarray, tokens: int, config: SearchConfig) -> np.ndarray:
    """Return (k,) int64: how long each domain's pool is for a proxy of so many training tokens."""
    share = np.ceil(available * tokens / config.budget_tokens)
    least = LEAST_SEQUENCES * (config.proxy.context + 1)
    return np.asarray(np.minimum(np.maximum(share, least), available)).astype(np.int64)


def plan_survey(context: Context) -> list[Part]:
    """List one part per part of documents."""
    names = context.inputs["ingest"].names()
    return [Part(name.removesuffix(".parquet").replace("part", "survey", 1), {"part": name}, {}) for name in names]


def run_survey(context: Context, part: Part) -> Counts:
    """Count one part's tokens by domain and bin."""
    found = eligible(context, str(part.spec["part"]))
    tokens = np.zeros((count_cells(context), BINS), dtype=np.int64)
    np.add.at(tokens, (found.cell, found.bin), found.n_tokens)
    write_arrays(context.out / f"{part.name}.npz", tokens=tokens)
    return {}


def finish_survey(context: Context) -> Counts:
    """Add up the parts and draw the line in each domain.

    Raises:
        InputError: no document is left.
    """
    config: SearchConfig = context.config
    tokens = np.zeros((count_cells(context), BINS), dtype=np.int64)
    for path in sorted(context.out.glob("survey-*.npz")):
        tokens += read_arrays(path)["tokens"]
    available = tokens.sum(axis=1)
    if not available.any():
        raise InputError("expected documents without a drop_reason, found none; drop fewer documents (scores.drop)")
    pool = pool_tokens(available, config.final_tokens, config)
    held_out = np.minimum(HELD_OUT_PER_TARGET * config.eval_tokens, HELD_OUT_SHARE * available).astype(np.int64)
    # From the lowest ranks up; the line is at the first bin that brings the sum to what is wanted.
    reached = np.cumsum(tokens[:, ::-1], axis=1)
    line = BINS - 1 - (reached >= np.minimum(pool + 2 * held_out, available)[:, None]).argmax(axis=1)
    by_domain = {"available": available, "pool": pool, "held_out": held_out, "line": line}
    write_json(context.out / SURVEY, {name: values.tolist() for name, values in by_domain.items()})
    given = tokenizer_json(str(context.inputs["ingest"].file("tokenizer.json")))
    write_text(context.out / VOCABULARY, cut_vocabulary(given, config.vocabulary))
    return {}


def _target_ids(context: Context) -> pa.Array:
    targets = context.inputs["targets"]
    tables = [read_table(targets.file(name), ["id"]) for name in targets.names("target-*.parquet")]
    return pa.concat_tables(tables)["id"].combine_chunks()
