"""Domains that the user gave: each label is a domain, and its direction is the mean of its documents' embeddings.

Nothing is clustered, merged or dropped, however small; sums run over every document, so that no rare label is missed.
Lexical features are not used: the labels decide, distances only describe.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.domains.model import pack, unpack
from mixpipe.errors import InputError
from mixpipe.store.files import read_arrays, read_table, write_arrays
from mixpipe.store.stage import Context

__all__ = ["GivenDomains", "given_file", "given_labels", "has_given_domains", "read_given_sums", "write_given_sums"]

# A column of so many values is not one of domains (ids, titles); sums over parts stay bounded.
MOST_LABELS = 1024


class GivenDomains(NamedTuple):
    """The given domains, by falling tokens.

    Attributes:
        labels: (k,) as the user wrote them.
        documents: (k,) int64.
        tokens: (k,) int64.
        means: (k, dimensions) float64, mean unit vectors.
    """

    labels: tuple[str, ...]
    documents: NDArray[np.int64]
    tokens: NDArray[np.int64]
    means: NDArray[np.float64]


def given_file(name: str) -> str:
    """Return the name of the given columns of one part of documents."""
    return "given-" + name.removeprefix("part-")


def has_given_domains(context: Context) -> bool:
    """Tell whether the corpus came with domains."""
    ingest = context.inputs["ingest"]
    files = ingest.names("given-*.parquet")
    return bool(files) and "domain" in pq.read_schema(ingest.file(files[0])).names


def given_labels(context: Context, name: str) -> list[str]:
    """Return the given domain of each document of one part; empty when the corpus came without domains."""
    if not has_given_domains(context):
        return []
    labels: list[str] = read_table(context.inputs["ingest"].file(given_file(name)), ["domain"])["domain"].to_pylist()
    return labels


def write_given_sums(path: Path, documents: pa.Table, embeddings: NDArray[np.float32], labels: Sequence[str]) -> None:
    """Write documents, tokens and the sum of the vectors by label of one part."""
    known, group = np.unique(np.array(labels, dtype=object), return_inverse=True)
    sums = np.zeros((len(known), embeddings.shape[1]))
    np.add.at(sums, group, embeddings)
    write_arrays(
        path,
        labels=pack(known.tolist()),
        documents=np.bincount(group, minlength=len(known)),
        tokens=np.bincount(group, documents["n_tokens"].to_numpy(), len(known)).astype(np.int64),
        sums=sums,
    )


def read_given_sums(folder: Path) -> GivenDomains:
    """Add up what the parts wrote.

    Raises:
        InputError: there are more than 1,024 labels.
    """
    totals: dict[str, tuple[int, int, NDArray[np.float64]]] = {}
    for path in sorted(folder.glob("sample-*-given.npz")):
        part = read_arrays(path)
        rows = zip(
            unpack(part["labels"]), part["documents"].tolist(), part["tokens"].tolist(), part["sums"], strict=True
        )
        for label, documents, tokens, sums in rows:
            before = totals.get(label, (0, 0, np.zeros(len(sums))))
            totals[label] = (before[0] + documents, before[1] + tokens, before[2] + sums)
        if len(totals) > MOST_LABELS:
            raise InputError(
                f"expected at most {MOST_LABELS} different values in the column of given domains, found "
                f"{len(totals)} and more, e.g. {sorted(totals)[:3]}; name another column as ingest.domain"
            )
    labels = sorted(totals, key=lambda label: (-totals[label][1], label))
    documents, tokens = (np.array([totals[label][i] for label in labels], dtype=np.int64) for i in (0, 1))
    return GivenDomains(tuple(labels), documents, tokens, np.stack([totals[x][2] for x in labels]) / documents[:, None])
