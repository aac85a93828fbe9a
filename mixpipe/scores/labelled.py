"""Labelled texts: what `targets.labelled` gave, as documents are read, with the vectors that the encoder gave them.

Those with the smallest keyed hash are kept, the same that `embed` has encoded, so that the choice depends on no order;
equal texts count once. Where the corpus is masked they are too, and so get the ids of the documents with their texts:
no model judges a document that it was shown among the labelled.
"""

from collections.abc import Iterator
from heapq import nsmallest
from typing import NamedTuple

import numpy as np

from mixpipe.errors import InputError
from mixpipe.personal_data import masked
from mixpipe.scores.protocol import Labelled, halves
from mixpipe.scores.reading import is_masked
from mixpipe.scores.sample import CHARACTERS
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import Json, text_id
from mixpipe.store.stage import Context
from mixpipe.vectors import vectors_of

__all__ = ["labelled_digests", "read_labelled"]


class _Text(NamedTuple):
    """One text: its place in the order, its beginning, its vector where it was encoded."""

    order: int
    text: str
    vector: np.ndarray | None


def labelled_digests(context: Context) -> dict[str, Json]:
    """Return the SHA-256 of the files of labelled texts, by name."""
    targets = context.inputs["targets"]
    return {name: targets.digest(name) for name in targets.names("labelled-*.parquet")}


def read_labelled(context: Context) -> dict[str, Labelled]:
    """Return at most `scores.sample_documents` texts of each label that was given, by rising hash.

    Raises:
        InputError: the texts of a label are all in one half.
    """
    found: dict[str, Labelled] = {}
    for label in sorted({name.split("-")[1] for name in labelled_digests(context)}):
        kept = _kept(context, label)
        if len(set(halves(list(kept)).tolist())) < 2:
            raise InputError(
                f"expected texts for two models at targets.labelled.{label}, found {len(kept)} different ones, all in "
                "one half; give more"
            )
        encoded = {name: text.vector for name, text in kept.items() if text.vector is not None}
        vectors = np.stack(list(encoded.values())) if encoded else np.zeros((0, 0), np.float32)
        found[label] = Labelled([text.text for text in kept.values()], list(kept), vectors, list(encoded))
    return found


def _kept(context: Context, label: str) -> dict[str, _Text]:
    wanted, kept = context.config.sample_documents, dict[str, _Text]()
    for name in context.inputs["targets"].names(f"labelled-{label}-*.parquet"):
        for own, text in _texts(context, name):
            # of texts that are equal once masked the first in the order, not the last that is read
            kept[own] = min(kept.get(own, text), text, key=lambda one: one.order)
        kept = dict(nsmallest(wanted, kept.items(), key=lambda item: (item[1].order, item[0])))
    return kept


def _texts(context: Context, name: str) -> Iterator[tuple[str, _Text]]:
    """Yield the texts of a file by the id of the document with the same text."""
    embed, rows = context.inputs["embed"], read_table(context.inputs["targets"].file(name), ["id", "text"])
    vectors: dict[str, np.ndarray] = {}
    if embed.names(name):
        encoded = read_table(embed.file(name))
        vectors = dict(zip(encoded["id"].to_pylist(), vectors_of(encoded["vector"]).astype(np.float32), strict=True))
    ids, texts = rows["id"].to_pylist(), rows["text"].to_pylist()
    for given, text, order in zip(ids, texts, keyed_hashes(ids, "target").tolist(), strict=True):
        read = masked(text).text if is_masked(context) else text
        yield given if read == text else text_id(read), _Text(order, read[:CHARACTERS], vectors.get(given))
