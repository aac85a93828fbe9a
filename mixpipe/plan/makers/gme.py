"""Plan maker `gme`: sources, cells and characteristic words as evenly as possible (see `selection/gme.py`).

The paper's relations are those that an extraction found in a document. Here a document has one relation for each of
its four most characteristic words: (source, cell of the block, word). Each value counts once for a document, so that
one with four words weighs no more in sources and cells than one with a single word. A block of 4,096 documents takes
1.2 to 2.4 s of one core (`benchmarks/selection.py`).

It asks for no quality: where the rare sources are the poor ones, it picks more of the poor than chance does
(docs/documents.md).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool
from mixpipe.plan.selection.cells import block_cells
from mixpipe.plan.selection.gme import Criterion, gme_order
from mixpipe.plan.selection.words import characteristic_words, read_words

__all__ = ["Gme"]

WORDS = 4  # of a document


@dataclass(frozen=True)
class Gme(BestFirst):
    """Greedy maximum entropy.

    Attributes:
        criterion: `utopia`, nearest to the largest possible entropies, as released; or `sum`.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    criterion: Criterion = "utopia"

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return the rows in the order of picking."""
        block, rows = by_hash(pool, rng)
        if not len(rows):
            return rows
        documents, values = relations(block, rng)
        return np.asarray(
            rows[gme_order(documents, values, len(rows), criterion=self.criterion, counting="once").order]
        )


def relations(block: Pool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the document (n_relations,) and source, cell and word (n_relations, 3) of each relation; word -1: none."""
    source = np.unique(np.array(block.sources, dtype=object), return_inverse=True)[1]
    cell = block_cells(block.vectors, rng).cell
    labels = characteristic_words(read_words(block.texts), WORDS)
    bare = np.flatnonzero(np.diff(labels.indptr) == 0)
    documents = np.concatenate([np.repeat(np.arange(len(cell)), np.diff(labels.indptr)), bare])
    words = np.concatenate([labels.indices, np.full(len(bare), -1)])
    return documents, np.column_stack([source[documents], cell[documents], words])
