"""Plan maker `mig`: good documents, spread over labels found in the block (see `selection/mig.py`).

The paper has a model name the labels; here they are the document's six most characteristic words, neighbours where
more than half of their documents are shared (`words`), or the block's three nearest cells, neighbours where the cosine
of centroids is at least .9 as in the paper (`cells`). The score is `quality`. A block of 4,096 documents takes
0.4 to 1.7 s of one core (`benchmarks/selection.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool
from mixpipe.plan.selection.cells import block_cells
from mixpipe.plan.selection.mig import Gain, mig_order, spread
from mixpipe.plan.selection.words import characteristic_words, read_words

__all__ = ["Mig"]

LABELS = 6  # words of a document; InsTag names two or three, of a whole sentence's meaning each
CELLS = 3
LEAST_SHARED = 0.5  # cosine of the sets of documents of two words
LEAST_COSINE = 0.9


@dataclass(frozen=True)
class Mig(BestFirst):
    """Label-graph information gain.

    Attributes:
        gain: `first-order` as released, or `exact`.
        labels: `words` or `cells`.
    """

    columns: ClassVar[tuple[str, ...]] = ("quality",)
    gain: Gain = "first-order"
    labels: Literal["words", "cells"] = "words"

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return the rows in the order of picking."""
        block, rows = by_hash(pool, rng)
        if not len(rows):
            return rows
        if self.labels == "words":
            held, graph = word_labels(block.texts)
        else:
            held, graph = cell_labels(block.vectors, rng)
        quality = np.nan_to_num(block.columns["quality"].astype(np.float64))
        scores = sp.csr_matrix(sp.diags_array(quality) @ held)
        return np.asarray(rows[mig_order(spread(scores, graph), gain=self.gain).order])


def word_labels(texts: Sequence[str]) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return which words label each text, (n, n_labels) ones, and which words share documents, (n_labels, n_labels)."""
    held = (characteristic_words(read_words(texts), LABELS) > 0).astype(np.float64)
    sizes = np.asarray(held.sum(axis=0)).ravel()
    scaled = held @ sp.diags_array(1.0 / np.sqrt(np.maximum(sizes, 1.0)))
    return sp.csr_matrix(held), at_least(sp.csr_matrix(scaled.T @ scaled), LEAST_SHARED)


def cell_labels(vectors: np.ndarray, rng: np.random.Generator) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return which cells lie nearest to each vector, (n, n_cells) ones, and which lie near each other."""
    centroids = block_cells(vectors, rng).centroids
    cosines = vectors @ centroids.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :CELLS]
    owners = np.repeat(np.arange(len(vectors)), nearest.shape[1])
    held = sp.csr_matrix((np.ones(nearest.size), (owners, nearest.ravel())), shape=cosines.shape)
    return held, at_least(sp.csr_matrix((centroids @ centroids.T).astype(np.float64)), LEAST_COSINE)


def at_least(similarity: sp.csr_matrix, threshold: float) -> sp.csr_matrix:
    """Return a graph of the similarities that reach a threshold."""
    similarity.data[similarity.data < threshold] = 0.0
    similarity.eliminate_zeros()
    return similarity
