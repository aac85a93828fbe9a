"""What the report shows of the scores: per column and domain a count, a mean and a histogram; removals per source.

Read part by part and added up, so memory does not grow with the corpus. Edges of the histograms come from the sample
(1st to 99th percentile in 20 equal bins); what lies beyond is counted in the outer bins.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from mixpipe.store.fingerprint import Json
from mixpipe.tables import OTHER_SOURCES

__all__ = ["Removals", "Summary", "add_removals", "histogram_edges"]

Removals: TypeAlias = dict[str, dict[str, int]]

BINS = 20
CUT = 0.01


def histogram_edges(values: np.ndarray) -> np.ndarray:
    """Return (BINS + 1,) float64 rising edges for (n,) values; a constant gets one unit around it."""
    low, high = np.quantile(values, [CUT, 1 - CUT]) if len(values) else (0.0, 0.0)
    if high <= low:
        low, high = low - 0.5, low + 0.5
    return np.linspace(low, high, BINS + 1)


@dataclass
class Summary:
    """Counts, sums and histograms that grow with each part.

    Attributes:
        edges: (columns, BINS + 1) float64.
        counts: (domains,) int64 documents.
        sums: (columns, domains) float64.
        bins: (columns, domains, BINS) int64.
    """

    edges: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    bins: np.ndarray

    @classmethod
    def empty(cls, edges: np.ndarray, domains: int) -> "Summary":
        """Return a summary of nothing."""
        n = len(edges)
        return cls(edges, np.zeros(domains, np.int64), np.zeros((n, domains)), np.zeros((n, domains, BINS), np.int64))

    def add(self, columns: Sequence[np.ndarray], domains: np.ndarray) -> None:
        """Add a part: one (n,) array per column, and the (n,) domains of the rows."""
        n_domains = len(self.counts)
        self.counts += np.bincount(domains, minlength=n_domains)
        for k, values in enumerate(columns):
            self.sums[k] += np.bincount(domains, weights=values, minlength=n_domains)
            which = np.clip(np.searchsorted(self.edges[k], values, side="right") - 1, 0, BINS - 1)
            cells = np.bincount(domains.astype(np.int64) * BINS + which, minlength=n_domains * BINS)
            self.bins[k] += cells.reshape(n_domains, BINS)

    def as_json(self, names: Sequence[str]) -> dict[str, Json]:
        """Return {column: {edges, domains: {number: {count, mean, histogram}}}}."""
        means = self.sums / np.maximum(self.counts, 1)
        return {
            name: {
                "edges": self.edges[k].tolist(),
                "domains": {
                    str(domain): {
                        "count": int(self.counts[domain]),
                        "mean": float(means[k, domain]),
                        "histogram": self.bins[k, domain].tolist(),
                    }
                    for domain in range(len(self.counts))
                },
            }
            for k, name in enumerate(names)
        }


def add_removals(
    removed: Removals, sources: pa.ChunkedArray, reasons: pa.ChunkedArray, *, known: Collection[str]
) -> None:
    """Add a part's sources and drop reasons, row by row alike, to {source: {reason: documents}}.

    Sources that are not `known` (those of ingest's sources.json, whose number is bounded) count as OTHER_SOURCES.
    """
    table = pa.table({"source": sources, "reason": reasons})
    for row in table.group_by(["source", "reason"]).aggregate([([], "count_all")]).to_pylist():
        if row["reason"] is not None:
            of_source = removed.setdefault(row["source"] if row["source"] in known else OTHER_SOURCES, {})
            of_source[row["reason"]] = of_source.get(row["reason"], 0) + row["count_all"]
