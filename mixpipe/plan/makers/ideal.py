"""Plan maker `ideal`: documents from which most of the block is reached by similarity (see `selection/ideal.py`).

Ten nearest neighbours by the corpus's own embeddings, as in the paper. A block of 4,096 documents takes about 1.5 s
of one core (`benchmarks/selection.py`).
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool
from mixpipe.plan.selection.ideal import edge_probabilities, ideal_order
from mixpipe.plan.selection.neighbours import knn_graph

__all__ = ["Ideal"]


@dataclass(frozen=True)
class Ideal(BestFirst):
    """Influence on a graph of neighbours.

    Attributes:
        neighbours: of each document.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    neighbours: Annotated[int, Field(ge=1, le=100)] = 10

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return the rows in the order of picking."""
        block, rows = by_hash(pool, rng)
        graph = knn_graph(block.vectors, self.neighbours)
        return np.asarray(rows[ideal_order(edge_probabilities(graph), rng).order])
