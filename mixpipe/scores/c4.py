"""C4's line and page rules (Raffel et al. 2020, arXiv 1910.10683, section 2.2), in datatrove's order.

Lines are judged one after another; what is left must have five sentences. A `{` or "lorem ipsum" removes the
document only if its line got that far. Scorers of their own, none of them a default: the list of bad words
(`bad_words`), mC4's long lines (`mc4`), the language (`language`). Not here: the three-sentence spans, which
`gopher_dup_lines` and the duplicates stage cover. Sentences are ends of `.`, `?`, `!` before a space: no tokenizer
model.
"""

import re
from collections.abc import Sequence

import numpy as np

from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["C4"]

CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
SENTENCE_END = re.compile(r"[.?!]+[\"')\]]*(?=\s|$)")
ENDS = (".", "?", "!", '"', "'")
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
LONGEST_WORD = 1000
FEWEST_WORDS = 3


class C4(RuleSet):
    """What C4's line rules leave of a document."""

    family = "c4"
    measures = ("lines_kept", "sentences", "lorem_ipsum", "curly_brace")
    rules = (
        Rule("lorem-ipsum", "lorem_ipsum", most=0),
        Rule("curly-brace", "curly_brace", most=0),
        Rule("too-few-sentences", "sentences", least=5),
    )

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, measures) float64."""
        return np.array([_left(document) for document in documents], np.float64)


def _left(document: Document) -> tuple[float, float, float, float]:
    """Return the share of lines kept, the sentences in them, and whether one of the two fatal marks was met."""
    risky = _has_banned_words(document.lower)
    kept = sentences = 0
    for raw in document.lines:
        line = _kept_line(raw)
        if line is None:
            continue
        lower = line.lower() if risky else ""
        if "lorem ipsum" in lower:
            return kept / len(document.lines), sentences, 1.0, 0.0
        if "javascript" in lower:
            continue
        if "{" in line:
            return kept / len(document.lines), sentences, 0.0, 1.0
        if risky and any(phrase in lower for phrase in POLICIES):
            continue
        kept += 1
        sentences += max(len(SENTENCE_END.findall(line)), 1)
    return kept / max(len(document.lines), 1), sentences, 0.0, 0.0


def _has_banned_words(lower: str) -> bool:
    return any(phrase in lower for phrase in ("lorem ipsum", "javascript", *POLICIES))


def _kept_line(line: str) -> str | None:
    """Return the line without citation marks, or None when its form removes it."""
    if len(line) > LONGEST_WORD and max(map(len, line.split())) > LONGEST_WORD:
        return None
    if "[" in line:
        line = CITATION.sub("", line).strip()
    if not line.endswith(ENDS) or line.endswith("..."):
        return None
    return line if len(line.split(maxsplit=FEWEST_WORDS)) >= FEWEST_WORDS else None
