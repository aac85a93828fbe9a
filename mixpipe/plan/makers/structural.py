"""Plan maker `structural`: documents that cover the block's turns of phrase (see `selection/structural.py`).

The paper's compounds are pieces of programs. For prose they are pairs of words, of which raw ones would make every
document new: a pair counts where two documents of the same cell of the block share it. Template: the text with its
numbers and quoted strings masked. A block of 4,096 documents takes 1.4 to 3.1 s of one core
(`benchmarks/selection.py`).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.plan.makers.best_first import BestFirst
from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool
from mixpipe.plan.selection.cells import block_cells
from mixpipe.plan.selection.structural import Coverage, NewTemplate, structural_order
from mixpipe.plan.selection.words import masked_templates, read_words, shared_bigrams

__all__ = ["Structural"]


@dataclass(frozen=True)
class Structural(BestFirst):
    """Structural diversity.

    Attributes:
        template: among documents with new templates the `first` by hash, or that of the most `frequent`.
        coverage: `cycle`, again when everything is covered, or `single`.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    template: NewTemplate = "first"
    coverage: Coverage = "cycle"

    def order(self, pool: Pool, rng: np.random.Generator) -> np.ndarray:
        """Return the rows in the order of picking."""
        block, rows = by_hash(pool, rng)
        if not len(rows):
            return rows
        compounds = shared_bigrams(read_words(block.texts), block_cells(block.vectors, rng).cell)
        templates = masked_templates(block.texts)
        found = structural_order(compounds, templates, template=self.template, coverage=self.coverage)
        return np.asarray(rows[found.order])
