"""The sample that scorers are fitted on, drawn part by part: the documents with the smallest keyed hash of their id.

Each part keeps the documents whose hash lies under a common bound, a little above the share asked for, and the sums of
its domains; the merge cuts to the number asked for. So the sample depends on no order and no part size, memory is that
of the sample, and duplicates, which share an id, are left out. Texts are cut to 16,384 characters, so that 20,000 take
at most a few hundred MB whatever the corpus.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixpipe.errors import StageError
from mixpipe.scores.protocol import Batch, Evaluations, Sample
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_table
from mixpipe.vectors import vectors_of

__all__ = ["Drawn", "bound", "draw", "merge"]

CHARACTERS = 16_384


def bound(documents: int, wanted: int) -> float:
    """Return the hash below which a part keeps a document: 5 standard deviations above the share asked for."""
    if documents <= wanted:
        return 1.0
    return min(1.0, (wanted + 5 * math.sqrt(wanted)) / documents)


@dataclass(frozen=True)
class Drawn:
    """What one part gives to the sample.

    Attributes:
        table: the sampled rows: id, order (their hash), text, tokens, domain, vector.
        sums: (domains, dimensions) float64, sums of the unit vectors of all its documents that are no duplicates.
        counts: (domains,) int64, how many were summed.
    """

    table: pa.Table
    sums: np.ndarray
    counts: np.ndarray


def draw(batch: Batch, duplicate: np.ndarray, *, below: float, seed: int) -> Drawn:
    """Sample one part.

    Args:
        batch: the part's documents.
        duplicate: (n,) bool, those left out.
        below: the bound on the hash.
        seed: its key.
    """
    domains = batch.domains[~duplicate]
    sums = np.zeros((int(batch.domains.max(initial=-1)) + 1, batch.vectors.shape[1]))
    np.add.at(sums, domains, batch.vectors[~duplicate])
    order = keyed_uniforms(batch.ids, f"scores:sample:{seed}")
    rows = np.flatnonzero(~duplicate & (order < below))
    columns = {
        "id": pa.array([batch.ids[row] for row in rows.tolist()], pa.string()),
        "order": order[rows],
        "text": pa.array([batch.texts[row][:CHARACTERS] for row in rows.tolist()], pa.string()),
        "tokens": batch.tokens[rows],
        "domain": batch.domains[rows],
        "vector": pa.FixedSizeListArray.from_arrays(batch.vectors[rows].ravel(), batch.vectors.shape[1]),
    }
    return Drawn(pa.table(columns), sums, np.bincount(domains, minlength=len(sums)))


def merge(
    rows: Sequence[Path],
    sums: Sequence[Path],
    *,
    targets: Evaluations,
    protected: Evaluations,
    target_vectors: np.ndarray,
    wanted: int,
    domain_names: tuple[str, ...],
) -> Sample:
    """Return the `wanted` documents with the smallest hash, by rising hash, and the sums over all parts.

    Args:
        rows: the tables that `draw` gave, one file per part.
        sums: its sums and counts, likewise.
        targets: the targets' texts.
        protected: further held-out texts.
        target_vectors: (m, dimensions) float32, those of the texts, or none.
        wanted: the most documents to keep.
        domain_names: of all domains by number, those without a document here included.

    Raises:
        StageError: no part gave a document.
    """
    if not rows:
        raise StageError("expected parts of documents to fit scorers on, found none; the artefact of ingest is empty")
    table = pa.concat_tables([read_table(path) for path in rows])
    table = table.sort_by([("order", "ascending"), ("id", "ascending")]).slice(0, wanted).combine_chunks()
    if not table.num_rows:
        raise StageError("expected documents to fit scorers on, found none in any part; add input files")
    total, counts = _added([read_arrays(path) for path in sums], len(domain_names))
    return Sample(
        ids=table.column("id").to_pylist(),
        texts=table.column("text").to_pylist(),
        vectors=vectors_of(table["vector"]).astype(np.float32),
        domains=table.column("domain").to_numpy(),
        tokens=table.column("tokens").to_numpy(),
        targets=targets,
        protected=protected,
        target_vectors=target_vectors,
        domain_sums=total,
        domain_counts=counts,
        domain_names=domain_names,
    )


def _added(parts: Sequence[dict[str, np.ndarray]], n_domains: int) -> tuple[np.ndarray, np.ndarray]:
    total = np.zeros((n_domains, parts[0]["sums"].shape[1]))
    counts = np.zeros(n_domains, np.int64)
    for part in parts:
        total[: len(part["sums"])] += part["sums"]
        counts[: len(part["counts"])] += part["counts"]
    return total, counts
