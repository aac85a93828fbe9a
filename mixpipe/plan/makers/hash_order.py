"""A block in the order of a keyed hash, so that nothing that is picked depends on the order of rows.

Ties go to the earlier row, sums and first centroids depend on rows in their order: sorted first, a block gives the
same picks however its rows came, and another draw of the generator another tie-break.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from mixpipe.plan.makers.protocol import Pool
from mixpipe.store.draws import keyed_hashes

__all__ = ["Sorted", "by_hash"]

T = TypeVar("T")


class Sorted(NamedTuple):
    """A sorted block.

    Attributes:
        pool: the block, sorted.
        rows: (n,) int64, the given row of each sorted one.
    """

    pool: Pool
    rows: np.ndarray


def by_hash(pool: Pool, rng: np.random.Generator) -> Sorted:
    """Sort a block by a hash of the ids; documents of equal ids (equal texts) by source and tokens."""
    hashes = keyed_hashes(pool.ids, f"block:{rng.integers(1 << 62)}")
    sources = np.unique(np.array(pool.sources, dtype=object), return_inverse=True)[1]
    rows = np.lexsort((pool.tokens, sources, hashes)).astype(np.int64)
    columns = {name: column[rows] for name, column in pool.columns.items()}
    texts, names = _taken(pool.texts, rows), _taken(pool.sources, rows)
    return Sorted(Pool(_taken(pool.ids, rows), texts, names, pool.vectors[rows], pool.tokens[rows], columns), rows)


def _taken(items: Sequence[T], rows: np.ndarray) -> list[T]:
    return [items[row] for row in rows.tolist()]
