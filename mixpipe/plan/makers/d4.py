"""Plan maker `d4`: neither what says again what others said, nor what is most usual (see `selection/d4.py`).

What both cuts leave of a block comes first, by hash: a smaller budget takes a random part of it. A larger one takes
prototypes and then semantic duplicates, one copy each, before anything is read twice.

Deviations: blocks are of one domain, whose share is decided elsewhere, where the paper cuts a whole corpus. In a block
of a large domain most twins are missing, and the ratio drops what is merely alike: real duplicates are for the stage
`duplicates`. Vectors are the corpus's own, not the last token's of a language model; cells are as many as the root of
the documents. `r_dedup` is the paper's; it varies `r_proto` with the size that is wanted, and 0.8, three fifths of a
block in all, is ours.

A block of 4,096 documents takes about 0.3 s of one core (`benchmarks/selection.py`).
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool
from mixpipe.plan.selection.d4 import d4_order

__all__ = ["D4"]


@dataclass(frozen=True)
class D4(BestFirst):
    """Document de-duplication and diversification.

    Attributes:
        r_dedup: share of a block left without semantic duplicates.
        r_proto: share of these left without prototypes.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    r_dedup: Annotated[float, Field(gt=0, le=1)] = 0.75
    r_proto: Annotated[float, Field(gt=0, le=1)] = 0.8

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return the rows in the order of picking."""
        block, rows = by_hash(pool, rng)
        if not len(rows):
            return rows
        return np.asarray(rows[d4_order(block.vectors, rng, r_dedup=self.r_dedup, r_proto=self.r_proto).order])
