"""Steps `sentences` and `repeats`: which share of a document's sentences stands in a better one too.

A footer, a form, a press agency's paragraph: text that comes again where documents are no near duplicates. Texts are
cut at line ends and after `.`, `!`, `?`; letters and digits in lower case are hashed to 64 bits; sentences of fewer
characters than asked for do not count. Looked at are documents that no other reason drops, exact and near copies left
out: what a document repeats is kept with the other one, if not as that one's own repetition. That of the lowest rank
owns a sentence and repeats nothing by it, so the order of files and parts plays no part. Nothing is cut out of a text:
the share is a column, 0 of what is not looked at, by which `scores.drop` may drop (MixtureVitae: three quarters).

Scratch: `sentences-*-keys.npy` (rising), `-rows.npy` (of each), `-ranks.npy` and `-totals.npy` (by row);
`repeats-*-documents.npy` (rising names) and `-counts.npy`. BaichuanSEED (Dong et al. 2024, arXiv 2408.15079), whose
lengths and shares are not known; MixtureVitae (ontocord), whose table of seen sentences hangs on the order of work.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from mixpipe.keyed import PLACE_BITS, Keyed, in_range, ranges_of
from mixpipe.scores.config import REPEATS, ScoresConfig
from mixpipe.scores.heirs import dropped, twins_of
from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, read_table, write_array
from mixpipe.store.stage import Context, Part, Step

__all__ = ["REPEATED", "repeated_shares", "repeats_of", "sentence_hashes", "sentence_steps"]

REPEATED = "repeated_sentences"  # the column
BATCH_DOCUMENTS = 1024
END = re.compile(r"(?<=[.!?])\s+|\n")
WORD = re.compile(r"\w+")


def sentence_steps() -> tuple[Step, ...]:
    """Return the steps."""
    return (
        Step("sentences", plan_sentences, run_sentences, keep=False),
        Step("repeats", plan_repeats, run_repeats, keep=False, unit="range"),
    )


def plan_sentences(context: Context) -> list[Part]:
    """List one part per part of documents."""
    names = context.inputs["ingest"].names()
    return [Part(file.replace("part", "sentences", 1).removesuffix(".parquet"), {"file": file}, {}) for file in names]


def run_sentences(context: Context, part: Part) -> Counts:
    """Write the hashes of the sentences of one part's documents, of each document every one once."""
    name = str(part.spec["file"])
    found, least = list[NDArray[np.uint64]](), context.config.sentences.least_characters
    for batch in pq.ParquetFile(context.inputs["ingest"].file(name)).iter_batches(BATCH_DOCUMENTS, columns=["text"]):
        found += [sentence_hashes(text, least) for text in batch["text"].to_pylist()]
    none = np.zeros(0, np.uint64)
    found = [own if is_compared else none for own, is_compared in zip(found, _compared(context, name), strict=True)]
    totals = np.array([len(hashes) for hashes in found], np.int64)
    keys, rows = np.concatenate([none, *found]), np.repeat(np.arange(len(found)), totals).astype(np.uint32)
    order = np.argsort(keys, kind="stable")
    write_array(context.out / f"{part.name}-keys.npy", keys[order])
    write_array(context.out / f"{part.name}-rows.npy", rows[order])
    ranks = read_table(context.inputs["duplicates"].file(name), ["rank"])["rank"].to_numpy()
    write_array(context.out / f"{part.name}-ranks.npy", ranks)
    write_array(context.out / f"{part.name}-totals.npy", totals)
    return {}


def plan_repeats(context: Context) -> list[Part]:
    """List ranges of hashes, as few as keep to `keys_at_once`."""
    return ranges_of(context.out, "sentences", "repeats", context.config.sentences.keys_at_once)


def run_repeats(context: Context, part: Part) -> Counts:
    """Write how many sentences of one range each document repeats."""
    documents, counts = repeats_of(in_range(context.out, "sentences", part))
    write_array(context.out / f"{part.name}-documents.npy", documents)
    write_array(context.out / f"{part.name}-counts.npy", counts)
    return {}


def repeats_of(found: Keyed) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the documents that hold a sentence of a better one, rising, and how many: (m,) each."""
    order = np.lexsort((found.documents, found.ranks, found.keys))
    keys = found.keys[order]
    is_again = np.concatenate([[False], keys[1:] == keys[:-1]])[: len(keys)]
    documents, counts = np.unique(found.documents[order][is_again], return_counts=True)
    return documents, counts


def sentence_hashes(text: str, least_characters: int) -> NDArray[np.uint64]:
    """Return the hashes of a text's different sentences, (n,) uint64, rising."""
    return np.array(sorted({xxh3_64_intdigest(one) for one in _sentences(text, least_characters)}), np.uint64)


def repeated_shares(out: Path, place: int) -> NDArray[np.float32]:
    """Return the share of each document's sentences that a better one has, of the part at this place: (n,) float32."""
    totals = map_array(sorted(out.glob("sentences-*-totals.npy"))[place])
    repeated = np.zeros(len(totals), np.int64)
    bounds = [np.uint64(place) << PLACE_BITS, np.uint64(place + 1) << PLACE_BITS]
    for path in sorted(out.glob("repeats-*-documents.npy")):
        documents = map_array(path)
        first, last = np.searchsorted(documents, bounds)
        rows = (documents[first:last] & np.uint64((1 << 32) - 1)).astype(np.int64)
        repeated[rows] += map_array(path.with_name(path.name.replace("-documents", "-counts")))[first:last]
    return np.asarray(repeated / np.maximum(totals, 1), np.float32)


def _compared(context: Context, file: str) -> NDArray[np.bool_]:
    """Return which documents of a part are looked at, (n,) bool."""
    config: ScoresConfig = context.config
    reasons = dict.fromkeys(["duplicate", "near-duplicate", *config.drop])
    reasons.pop(REPEATS, None)
    twins = {reason: ids.is_valid().to_numpy() for reason, ids in twins_of(context, file).items()}
    return ~dropped(context, file, list(reasons), twins)


def _sentences(text: str, least_characters: int) -> Iterator[bytes]:
    for piece in END.split(text):
        if len(piece) >= least_characters:
            yield " ".join(WORD.findall(piece.lower())).encode()
