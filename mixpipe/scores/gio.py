"""GIO: how early a document's cell is picked when the targets' distribution is rebuilt from cells of the corpus.

Gradient information optimisation (Everaert and Potts 2024, arXiv 2306.11670): cells of the corpus are added one by one,
each the one that lowers the divergence of the targets from the cells chosen most, until it would rise; all documents of
a chosen cell are taken. Cells are k-means of the sample's embeddings, as many as for 1.5 sqrt(documents), at most the
paper's 1,500. The column is 1 for the first cell, falls evenly with the order and is 0 for cells never picked. How the
divergence is estimated and a pick is made: `divergence.py`. Targets are looked at by at most 4,096 of their vectors.
"""

import math

import numpy as np
from sklearn.cluster import KMeans

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.divergence import greedy_order
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State
from mixpipe.store.draws import keyed_uniforms

__all__ = ["GIO"]

CELLS_PER_ROOT = 1.5
MOST_CELLS = 1500
MOST_TARGETS = 4096
ITERATIONS = 50


class GIO:
    """Earliness of the pick of the document's cell, in 0..1."""

    columns = ("gio",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the cells and the value of each."""
        self._centres, self._values = state["centres"], state["values"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Find the cells of the sample and the order in which they are picked; `centres` is (cells, dimensions)."""
        if not len(sample.target_vectors):
            raise InputError(
                "expected embeddings of the targets' texts for the scorer gio, found none, as where the corpus came "
                "with its own (ingest.embedding); remove `gio` from scores.scorers"
            )
        centres = _cells(sample.vectors, config.seed)
        order = greedy_order(_some(sample.target_vectors, config.seed), centres)
        values = np.zeros(len(centres))
        values[order] = 1 - np.arange(len(order)) / len(order)
        return {"centres": centres, "values": values}

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) values of the nearest cells."""
        nearest = (batch.vectors @ self._centres.T - (self._centres**2).sum(axis=1) / 2).argmax(axis=1)
        return np.asarray(self._values[nearest])[:, None]


def _cells(vectors: np.ndarray, seed: int) -> np.ndarray:
    """Return (cells, dimensions) float32 centres."""
    distinct = np.unique(vectors, axis=0)
    count = min(round(CELLS_PER_ROOT * math.sqrt(len(vectors))), MOST_CELLS, len(distinct))
    found = KMeans(max(count, 1), n_init=1, max_iter=ITERATIONS, random_state=seed).fit(vectors)
    return np.asarray(found.cluster_centers_, np.float32)


def _some(vectors: np.ndarray, seed: int) -> np.ndarray:
    """Return at most `MOST_TARGETS` of the vectors, drawn by a hash of their bytes."""
    if len(vectors) <= MOST_TARGETS:
        return vectors
    draws = keyed_uniforms([row.tobytes().hex() for row in vectors], f"scores:gio:{seed}")
    return vectors[np.argsort(draws, kind="stable")[:MOST_TARGETS]]
