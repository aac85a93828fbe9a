"""Semantic duplicates of one cell: which documents say again what an earlier one said.

Cosines are compared tile by tile, so memory is that of the vectors and one tile whatever the size of the cell; cost is
n^2 * d operations. "Earlier" is an order that the data give and never the files: by distance to the mean of the cell
(`prefer="hard"`: the farthest first, as released), then by id. The largest cosine to an earlier document is returned
for all, so that moving the threshold costs nothing. Three rules, since paper and code differ:

- `chain`: drop what is above the threshold to any earlier document, kept or not (the released code);
- `greedy`: drop what is above it to an earlier *kept* document: every dropped one has a kept twin that near;
- `component`: keep the first of each connected component ("one per group", the paper's text).

Abbas, Tirumala, Simig, Ganguli and Morcos, "SemDeDup", 2023, section 3 and appendix. Deviations: the twin that was kept
is told, ties are broken by id, and only documents of about the same length are compared. An encoder sees the beginning
of a text (128 tokens), so source files under one licence are the same document to it: cosine 1.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

__all__ = ["Cell", "Links", "Preference", "Rule", "component", "earlier", "greedy", "kept_instead", "order_of"]

Rule = Literal["chain", "greedy", "component"]
Preference = Literal["hard", "easy"]

TILE = 1024  # rows and columns compared at once: 4 MiB of cosines
NONE = -1  # no document


class Cell(NamedTuple):
    """Documents that are compared with each other, in the order of keeping.

    Attributes:
        vectors: (n, d) float32, unit rows.
        tokens: (n,) int64, their lengths.
        min_ratio: the shorter of two over the longer, below which they are not compared; 0: all are.
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int64]
    min_ratio: float


class Links(NamedTuple):
    """The document that each points back to.

    Attributes:
        similarity: (n,) float32, its cosine; -inf where there is none.
        row: (n,) int64, which; -1 where there is none.
    """

    similarity: NDArray[np.float32]
    row: NDArray[np.int64]


def order_of(vectors: NDArray[np.float32], ids: NDArray[np.str_], prefer: Preference) -> NDArray[np.int64]:
    """Return the rows of a cell in the order in which they are kept: (n,) int64.

    Args:
        vectors: (n, d) float32, unit rows.
        ids: (n,) of the documents.
        prefer: `hard`: farthest from the mean of the cell first; `easy`: nearest first.
    """
    by_id = np.argsort(ids, kind="stable")  # sums are taken in this order too, so that files cannot change a bit
    mean = vectors[by_id].sum(axis=0, dtype=np.float64)
    # Rounded, since equal rows may differ in the last bits of a product, by where they stand in it.
    centrality = np.round(vectors[by_id] @ mean / max(np.linalg.norm(mean), 1e-12), 6)
    ordered: NDArray[np.int64] = by_id[np.argsort(centrality if prefer == "hard" else -centrality, kind="stable")]
    return ordered


def earlier(cell: Cell, tile: int = TILE) -> Links:
    """Return the most similar earlier document of each; of equally similar ones the first."""
    found = _no_links(len(cell.tokens))
    for rows, columns, cosines in _tiles(cell, tile):
        _raise(found, rows, columns, cosines)
    return found


def greedy(cell: Cell, threshold: float, tile: int = TILE) -> NDArray[np.int64]:
    """Return the most similar kept earlier document of each that is dropped: (n,) int64, -1 for the kept."""
    found = _no_links(len(cell.tokens))
    kept = np.ones(len(cell.tokens), dtype=bool)
    for rows, columns, cosines in _tiles(cell, tile):
        if rows.start != columns.start:
            _raise(found, rows, columns, np.where(kept[columns], cosines, -np.inf))
            continue
        for row in range(cosines.shape[0]):  # within the last tile of the rows, each decides for those after it
            single = slice(rows.start + row, rows.start + row + 1)
            _raise(found, single, columns, np.where(kept[columns], cosines[row], -np.inf)[None])
            kept[single] = found.similarity[single] <= threshold
    return np.where(kept, NONE, found.row)


def component(cell: Cell, threshold: float, tile: int = TILE) -> NDArray[np.int64]:
    """Return the first document of each one's connected component: (n,) int64, -1 for the first itself."""
    own = np.arange(len(cell.tokens))
    first = own
    for rows, columns, cosines in _tiles(cell, tile):
        later, before = np.nonzero(cosines > threshold)
        if not later.size:
            continue
        # What is known so far is one edge to the first of a component, so no more than a tile's edges are held.
        heads, tails = np.concatenate([later + rows.start, own]), np.concatenate([before + columns.start, first])
        edges = sp.coo_matrix((np.ones(len(heads), dtype=np.int8), (heads, tails)), shape=(len(own), len(own)))
        label = connected_components(edges, directed=False)[1]
        first = np.unique(label, return_index=True)[1][label]
    return np.where(first == own, NONE, first)


def kept_instead(similarity: NDArray[np.float32], row: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Return the kept document that each dropped one leads to, link after link: (n,) int64, -1 for the kept.

    Args:
        similarity: (n,) float32, of each document to the one that it points to; `inf` where that is settled.
        row: (n,) int64, the document that it points to, always an earlier one; -1 for none.
        threshold: links of at most this cosine do not count.
    """
    own = np.arange(len(row))
    leads = np.where((row >= 0) & (similarity > threshold), row, own)
    while (further := leads[leads]).tobytes() != leads.tobytes():  # each pass doubles the steps
        leads = further
    return np.where(leads == own, NONE, leads)


def _tiles(cell: Cell, tile: int) -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
    """Yield (rows, columns, cosines) with all earlier columns, -inf where not compared; rows by columns in order."""
    count, vectors, tokens = len(cell.tokens), cell.vectors, cell.tokens
    for start in range(0, count, tile):
        rows = slice(start, min(start + tile, count))
        for left in range(0, start + 1, tile):
            columns = slice(left, min(left + tile, count))
            cosines = vectors[rows] @ vectors[columns].T
            shorter = np.minimum.outer(tokens[rows], tokens[columns])
            cosines[shorter < cell.min_ratio * np.maximum.outer(tokens[rows], tokens[columns])] = -np.inf
            if left == start:
                cosines[np.triu_indices(len(cosines))] = -np.inf
            yield rows, columns, cosines


def _no_links(count: int) -> Links:
    return Links(np.full(count, -np.inf, dtype=np.float32), np.full(count, NONE, dtype=np.int64))


def _raise(found: Links, rows: slice, columns: slice, cosines: NDArray[np.float32]) -> None:
    """Point rows to what is more similar in these columns, in place; a tie stays with the column before."""
    best = cosines.argmax(axis=1)
    most = np.take_along_axis(cosines, best[:, None], axis=1)[:, 0]
    better = most > found.similarity[rows]
    found.row[rows][better] = best[better] + columns.start
    found.similarity[rows][better] = most[better]
