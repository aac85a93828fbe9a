"""C4's rule on bad words (Raffel et al. 2020, arXiv 1910.10683, section 2.2), with the user's own list.

One word or phrase of `scores.bad_words` between characters that belong to no word drops the document when asked to.
No list comes with mixpipe: the usual ones also remove medicine, law and texts of minorities (Dodge et al. 2021, arXiv
2104.08758). Entries in scripts without spaces between words match anywhere. Deviation: the entry's own script decides
that, where C4 goes by the page's language (Japanese, Thai, Chinese). Text and list are compared in lower case, in the
head of the document; an entry's surroundings are looked at only where it occurs at all.
"""

import re
from collections.abc import Sequence

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.given import given_lines
from mixpipe.scores.held_out_ngrams import UNSPACED
from mixpipe.scores.protocol import Rule, Sample, State
from mixpipe.scores.rules import RuleSet

__all__ = ["BadWords"]

ANYWHERE = re.compile(f"[{UNSPACED}]")


class BadWords(RuleSet):
    """How many different entries of the list a document holds."""

    family = "bad_words"
    measures = ("count",)
    rules = (Rule("any", "count", most=0),)

    def __init__(self, state: State) -> None:
        """Take the list."""
        self._patterns = {word: _pattern(word) for word in state["words"].tolist()}

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Read the list.

        Raises:
            ConfigError: none is given.
        """
        if config.bad_words is None:
            raise ConfigError("expected a file with a word a line at scores.bad_words, found none; name it")
        words = {line.lower() for line in given_lines(config.bad_words, "scores.bad_words")}
        return {"words": np.array(sorted(words), np.str_)}

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 1) float64."""
        return np.array([self._count(document.lower) for document in documents], np.float64)[:, None]

    def _count(self, lower: str) -> int:
        return sum(word in lower and pattern.search(lower) is not None for word, pattern in self._patterns.items())


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(re.escape(word) if ANYWHERE.search(word) else rf"(?<!\w){re.escape(word)}(?!\w)")
