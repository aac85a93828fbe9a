"""mC4's rule on lines (Xue et al. 2021, arXiv 2010.11934, section 3.1): three lines of 200 characters or more.

There it takes the place of C4's rule on line ends, whose marks not every script has. Verse, code and dialogue have no
long lines either, hence a measure. Lines are those of the head, stripped.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["MC4"]

LONG_LINE = 200


class MC4(RuleSet):
    """The number of long lines."""

    family = "mc4"
    measures = ("long_lines",)
    rules = (Rule("too-few-long-lines", "long_lines", least=3),)

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 1) float64."""
        counts = [sum(len(line) >= LONG_LINE for line in document.lines) for document in documents]
        return np.array(counts, np.float64)[:, None]
