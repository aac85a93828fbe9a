"""Where domains come from: documents by source and domain, and how far the one tells the other.

NPMI(source, domain) = log(p(s, d) / (p(s) p(d))) / -log p(s, d): 0 where they are independent, 1 where the source is
the domain, -1 where they never meet (Bouma 2009, "Normalized (pointwise) mutual information in collocation
extraction"; of topics and sources in DataWeave, arXiv 2502.16802). `origins.json`: {`association`: the mean over
documents, `sources`: {source: documents by domain}}. High: clustering has found the sources again. Near 0: domains cut
across them, and mixing by domain is another choice than mixing by source.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa

from mixpipe.store.fingerprint import Json
from mixpipe.tables import OTHER_SOURCES

__all__ = ["ORIGINS", "Origins", "add_origins", "association", "npmi", "origins_record"]

ORIGINS = "origins.json"
Origins = dict[str, np.ndarray]


def add_origins(
    origins: Origins, sources: pa.ChunkedArray, domains: np.ndarray, n_domains: int, *, known: Collection[str]
) -> None:
    """Add a part's documents to {source: (n_domains,) int64}.

    Sources that are not `known` (those of ingest's sources.json, whose number is bounded) count as OTHER_SOURCES.
    """
    codes = sources.combine_chunks().dictionary_encode()
    counts = np.zeros((len(codes.dictionary), n_domains), np.int64)
    np.add.at(counts, (codes.indices.to_numpy(), domains), 1)
    for source, row in zip(codes.dictionary.to_pylist(), counts, strict=True):
        name = source if source in known else OTHER_SOURCES
        origins[name] = origins.get(name, np.zeros(n_domains, np.int64)) + row


def npmi(counts: np.ndarray) -> np.ndarray:
    """Return (sources, domains) float64 in -1..1 of (sources, domains) counts; 0 where all documents are one pair."""
    joint = counts / max(counts.sum(), 1)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    met = (joint > 0) & (joint < 1)
    found = np.where(joint > 0, 0.0, -1.0)
    found[met] = np.log(joint[met] / apart[met]) / -np.log(joint[met])
    return found


def association(counts: np.ndarray) -> float:
    """Return the mean NPMI over documents: (sources, domains) counts -> 0 independent, 1 one to one."""
    return float((npmi(counts) * counts).sum() / max(counts.sum(), 1))


def origins_record(origins: Mapping[str, np.ndarray]) -> dict[str, Json]:
    """Return `origins.json`."""
    counts = np.stack(list(origins.values()))
    by_source: dict[str, Json] = {name: list[Json](row.tolist()) for name, row in sorted(origins.items())}
    return {"association": association(counts), "sources": by_source}
