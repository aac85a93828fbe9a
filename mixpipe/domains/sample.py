"""The sample that domains are fitted on: the distinct documents with the smallest keyed hashes of their ids.

Which documents are in it depends on neither the order of parts nor how documents are divided into them. Each part
writes those of its documents that can be among the smallest: hashed word counts, embedding and tokens, no text, about
2.1 KB each on the sample corpus; only sampled rows' texts are tokenised. Given domains are also summed here, over
every document.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.given import given_labels, write_given_sums
from mixpipe.domains.lexical import BUCKETS, count_words, words_of
from mixpipe.domains.model import pack, unpack
from mixpipe.domains.names import LONGEST_WORD
from mixpipe.domains.parts import read_embeddings, text_batches
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_json, read_table, write_arrays
from mixpipe.store.stage import Context, Part

__all__ = ["Sample", "plan_sample", "read_sample", "run_sample"]

# Parts offer documents below this many standard deviations above the expected cut, so that the sample is never short.
SLACK_DEVIATIONS = 8


@dataclass(frozen=True)
class Sample:
    """Sampled documents, in the order of their hashes.

    Attributes:
        tokens: (n,) int64.
        embeddings: (n, dimensions) float32.
        counts: (n, BUCKETS) float32, hashed word counts.
        labels: given domains, one per document, or empty.
        frequency: documents by word or sign, the longest ones left out.
    """

    tokens: NDArray[np.int64]
    embeddings: NDArray[np.float32]
    counts: sp.csr_matrix
    labels: tuple[str, ...]
    frequency: Counter[str]


def plan_sample(context: Context) -> list[Part]:
    """List one part per part of documents."""
    ingest, embed = context.inputs["ingest"], context.inputs["embed"]
    return [
        Part(
            "sample-" + name.removeprefix("part-").removesuffix(".parquet"),
            {"part": name},
            {"documents": ingest.digest(name), "embeddings": embed.digest(name), "cut": _cut(context)},
        )
        for name in ingest.names()
    ]


def run_sample(context: Context, part: Part) -> Counts:
    """Write the documents of one part that may be in the sample."""
    config: DomainsConfig = context.config
    name = str(part.spec["part"])
    documents = context.inputs["ingest"].file(name)
    table = read_table(documents, ["id", "n_tokens", "duplicate"])
    order = keyed_uniforms(table["id"].to_pylist(), f"domains:{config.seed}")
    chosen = (order < _cut(context)) & ~table["duplicate"].to_numpy()
    embeddings, labels = read_embeddings(context, name), given_labels(context, name)
    counts, frequency = _count(documents, chosen)
    write_arrays(
        context.out / f"{part.name}.npz",
        order=order[chosen],
        tokens=table["n_tokens"].to_numpy()[chosen],
        embeddings=embeddings[chosen].astype(np.float16),
        counts=counts.data.astype(np.uint16),
        buckets=counts.indices.astype(np.uint16),
        starts=counts.indptr.astype(np.int64),
        words=pack(list(frequency)),
        frequency=np.array(list(frequency.values()), dtype=np.int64),
        labels=pack([labels[row] for row in np.flatnonzero(chosen)] if labels else []),
    )
    if labels:
        write_given_sums(context.out / f"{part.name}-given.npz", table, embeddings, labels)
    return {}


def read_sample(context: Context) -> Sample:
    """Join what the parts wrote and keep the documents with the smallest hashes."""
    config: DomainsConfig = context.config
    parts = [read_arrays(path) for path in _sample_files(context.out)]
    order = np.concatenate([part["order"] for part in parts])
    keep = np.argsort(order, kind="stable")[: config.sample_documents]
    labels = [label for part in parts for label in unpack(part["labels"])]
    frequency: Counter[str] = Counter()
    for part in parts:
        frequency.update(dict(zip(unpack(part["words"]), part["frequency"].tolist(), strict=True)))
    return Sample(
        tokens=np.concatenate([part["tokens"] for part in parts])[keep],
        embeddings=np.concatenate([part["embeddings"] for part in parts])[keep].astype(np.float32),
        counts=sp.vstack([_counts(part) for part in parts], format="csr")[keep],
        labels=tuple(labels[row] for row in keep) if labels else (),
        frequency=frequency,
    )


def _count(documents: Path, chosen: NDArray[np.bool_]) -> tuple[sp.csr_matrix, Counter[str]]:
    """Return hashed counts of the chosen documents of one part, and documents by word."""
    counts, frequency = [count_words([])], Counter[str]()
    for start, batch in text_batches(documents, ["text"]):
        rows = np.flatnonzero(chosen[start : start + batch.num_rows])
        words = [words_of(text) for text in batch["text"].take(pa.array(rows)).to_pylist()]
        counts.append(count_words(words))
        frequency.update(word for counter in words for word in counter if len(word) <= LONGEST_WORD)
    return sp.vstack(counts, format="csr"), frequency


def _cut(context: Context) -> float:
    """Return the hash below which a document may be in the sample."""
    wanted = context.config.sample_documents
    sources = read_json(context.inputs["ingest"].file("sources.json")).values()
    distinct = sum(source["documents"] - source["duplicates"] for source in sources)
    return float((wanted + SLACK_DEVIATIONS * wanted**0.5) / max(distinct, 1))


def _sample_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("sample-*.npz") if not path.stem.endswith("-given"))


def _counts(part: dict[str, np.ndarray]) -> sp.csr_matrix:
    columns = (part["counts"].astype(np.float32), part["buckets"].astype(np.int32), part["starts"])
    return sp.csr_matrix(columns, shape=(len(part["starts"]) - 1, BUCKETS))
