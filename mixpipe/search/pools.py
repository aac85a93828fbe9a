"""The tokens that proxies read: a pool per domain, texts held out of each domain, and the targets.

Every part tokenises its documents above the survey's line; `finish` ranks them all and cuts the pools to size. A
trial of fewer tokens reads the beginning of each pool, so that epochs stay those of the target run.

Writes `pools.npz` (`tokens`, documents one after the other, each behind end-of-text, and `starts` of each domain),
`held_out.npz` and `targets.npz` (see `texts.py`), `pools.json`: the targets' names and the digests of the three, and
`entropies.json` (see `entropies.py`).
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from mixpipe.errors import InputError
from mixpipe.search.config import SearchConfig
from mixpipe.search.entropies import write_entropies
from mixpipe.search.survey import SURVEY, VOCABULARY, eligible
from mixpipe.search.texts import Texts
from mixpipe.search.vocabulary import Vocabulary, load_vocabulary
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_arrays, read_json, read_table, write_arrays, write_json
from mixpipe.store.fingerprint import file_digest
from mixpipe.store.stage import Context, Part

__all__ = ["HELD_OUT", "POOLS", "POOLS_RECORD", "TARGETS", "finish_pools", "plan_pools", "run_pool"]

POOLS, HELD_OUT, TARGETS, POOLS_RECORD = "pools.npz", "held_out.npz", "targets.npz", "pools.json"
# The most tokens measured of one document: many beginnings say more about a kind of text than one long document.
DOCUMENT_TOKENS = 512


def plan_pools(context: Context) -> list[Part]:
    """List one part per part of documents."""
    names = context.inputs["ingest"].names()
    return [Part(name.removesuffix(".parquet").replace("part", "pool", 1), {"part": name}, {}) for name in names]


def run_pool(context: Context, part: Part) -> Counts:
    """Tokenise one part's documents above the line."""
    name = str(part.spec["part"])
    found = eligible(context, name)
    line = np.array(read_json(context.out / SURVEY)["line"])
    chosen = np.flatnonzero(found.bin >= line[found.cell])
    vocabulary = load_vocabulary(context.out / VOCABULARY)
    texts = read_table(context.inputs["ingest"].file(name), ["text"])["text"].take(found.rows[chosen])
    tokens = [vocabulary.tokens(text.as_py()) for text in texts]
    measured = [vocabulary.beginning(text.as_py(), DOCUMENT_TOKENS)[1] for text in texts]
    write_arrays(
        context.out / f"{part.name}.npz",
        tokens=np.concatenate([*tokens, vocabulary.tokens("")]),
        lengths=np.array([len(row) for row in tokens], dtype=np.int64),
        n_bytes=np.array(measured, dtype=np.int64),
        domain=found.cell[chosen],
        rank=found.rank[chosen],
    )
    return {}


def finish_pools(context: Context) -> Counts:
    """Put pools, held-out texts and targets together."""
    vocabulary = load_vocabulary(context.out / VOCABULARY)
    survey = read_json(context.out / SURVEY)
    end = np.array([vocabulary.end_of_text], dtype=vocabulary.tokens("").dtype)
    domains = _ranked_documents(context, len(survey["pool"]))
    pools, held_out = [], []
    for number, documents in enumerate(domains):
        kept = _hold_out(documents, survey["held_out"][number])
        held_out += [(number, tokens[:DOCUMENT_TOKENS], size) for tokens, size in documents[:kept]]
        joined = np.concatenate([end[:0], *(piece for tokens, _ in documents[kept:] for piece in (end, tokens))])
        pools.append(_at_least(joined[: survey["pool"][number]], context.config.proxy.context + 1))
    starts = np.cumsum([0, *(len(pool) for pool in pools)])
    write_arrays(context.out / POOLS, tokens=np.concatenate(pools), starts=starts)
    write_entropies(context.out, pools, vocabulary.size)
    Texts.gather(held_out, owners=len(pools), end_of_text=vocabulary.end_of_text).write(context.out / HELD_OUT)
    names = _write_targets(context, vocabulary)
    digests = {name: file_digest(context.out / name) for name in (POOLS, HELD_OUT, TARGETS)}
    write_json(context.out / POOLS_RECORD, {"targets": list(names), "digests": digests})
    return {"pool_tokens": int(starts[-1])}


def _ranked_documents(context: Context, domains: int) -> list[list[tuple[np.ndarray, int]]]:
    """Return by domain the tokens and measured bytes of each document, by rank."""
    found: list[list[tuple[float, np.ndarray, int]]] = [[] for _ in range(domains)]
    for path in sorted(context.out.glob("pool-*.npz")):
        part = read_arrays(path)
        pieces = np.split(part["tokens"], np.cumsum(part["lengths"]))
        for domain, rank, tokens, size in zip(part["domain"], part["rank"], pieces, part["n_bytes"], strict=False):
            found[domain].append((float(rank), tokens, int(size)))
    return [[row[1:] for row in sorted(rows, key=lambda row: row[0])] for rows in found]


def _hold_out(documents: list[tuple[np.ndarray, int]], most: int) -> int:
    """Return how many first documents are held out: up to `most` tokens of them, none when the first is longer."""
    totals = np.cumsum([len(tokens) for tokens, _ in documents])
    return max(min(int(np.searchsorted(totals, most, side="right")), len(documents) - 1), 0)


def _at_least(tokens: np.ndarray, length: int) -> np.ndarray:
    """Repeat the tokens of a domain that has any until they fill one sequence."""
    return tokens if not 0 < len(tokens) < length else np.resize(tokens, length)


def _write_targets(context: Context, vocabulary: Vocabulary) -> list[str]:
    """Write the targets' texts; return their names in the order of the loss columns."""
    config: SearchConfig = context.config
    weights = read_json(context.inputs["targets"].file("targets.json"))
    names = sorted(weights)
    rows = pa.concat_tables(
        read_table(context.inputs["targets"].file(file), ["id", "text", "source", "duplicate"])
        for file in context.inputs["targets"].names("target-*.parquet")
    )
    documents = []
    for number, name in enumerate(names):
        chosen = [r for r in rows.to_pylist() if r["source"] == name and not r["duplicate"]]
        measured = list(_measured(chosen, vocabulary, config))
        if not measured:
            raise InputError(f"expected texts in target {name!r}, found none that has a token; correct targets.sets")
        documents += [(number, tokens, size) for tokens, size in measured]
    texts = Texts.gather(documents, owners=len(names), end_of_text=vocabulary.end_of_text)
    texts.write(context.out / TARGETS)
    return names


def _measured(
    rows: list[dict[str, str]], vocabulary: Vocabulary, config: SearchConfig
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield tokens and bytes of a target's documents, in hashed order, up to the most that is measured."""
    left = config.eval_tokens
    for place in np.argsort(keyed_hashes([row["id"] for row in rows], f"targets:{config.seed}"), kind="stable"):
        if left <= 0:
            return
        tokens, size = vocabulary.beginning(rows[place]["text"], min(DOCUMENT_TOKENS, left))
        left -= len(tokens)
        if len(tokens):
            yield tokens, size
