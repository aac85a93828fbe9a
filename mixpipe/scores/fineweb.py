"""FineWeb's own rules on lines (Penedo et al. 2024, arXiv 2406.17557, section 3.6), with its limits.

They tell lists, menus and broken extractions from paragraphs; verse and code look the same to them, hence measures.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["FineWeb"]

# Sentence ends of the scripts in wide use, and quotation marks after them.
ENDS = tuple(
    ".?!\"'\N{HORIZONTAL ELLIPSIS}\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH FULL STOP}\N{FULLWIDTH EXCLAMATION MARK}\N{FULLWIDTH QUESTION MARK}"
    "\N{DEVANAGARI DANDA}\N{ARABIC QUESTION MARK}\N{ARABIC FULL STOP}"
)
SHORT_LINE = 30


class FineWeb(RuleSet):
    """Shares of closed lines, short lines, repeated characters and newlines."""

    family = "fineweb"
    measures = ("line_ends", "short_lines", "dup_line_chars", "newlines")
    rules = (
        Rule("line-punctuation", "line_ends", least=0.12),
        Rule("short-lines", "short_lines", most=0.67),
        Rule("duplicate-line-characters", "dup_line_chars", most=0.01),
        Rule("newlines", "newlines", most=0.3),
    )

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, measures) float64."""
        return np.array([_shares(document) for document in documents], np.float64)


def _shares(document: Document) -> tuple[float, float, float, float]:
    """Return the measures in the order of `measures`; an empty document gives 0, which fires the first rule."""
    lines = document.lines
    total = max(len(lines), 1)
    newlines = document.head.count("\n")
    characters = max(len(document.head) - newlines, 1)
    return (
        sum(line.endswith(ENDS) for line in lines) / total,
        sum(len(line) <= SHORT_LINE for line in lines) / total,
        document.duplicate_lines[1] / characters,
        newlines / max(len(document.head_words), 1),
    )
