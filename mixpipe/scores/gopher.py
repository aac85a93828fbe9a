"""Gopher's rules for repetition and quality (Rae et al. 2021, arXiv 2112.11446, table A1), limits as in datatrove.

Repetition comes first, in the order paragraphs, lines, most frequent n-grams, repeated n-grams. Deviation: words are
runs of non-space characters, where datatrove uses a word tokenizer. The rules were made for English web text: the
stop words alone fire on every other language and on most code, so they are measures here and drop nothing unless asked.
"""

import re
from collections.abc import Sequence

import numpy as np

from mixpipe.scores.document import Document, duplicate_shares
from mixpipe.scores.ngrams import NGrams
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["Gopher"]

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
LETTER = re.compile(r"[^\W\d_]")
LETTER_OR_DIGIT = re.compile(r"[^\W_]")
TOP_LIMITS = {2: 0.20, 3: 0.18, 4: 0.16}
REPEATED_LIMITS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


class Gopher(RuleSet):
    """Repetition and quality measures with the published limits."""

    family = "gopher"
    measures = (
        "dup_paragraphs",
        "dup_paragraph_chars",
        "dup_lines",
        "dup_line_chars",
        *(f"top_{n}gram" for n in TOP_LIMITS),
        *(f"dup_{n}gram" for n in REPEATED_LIMITS),
        "words",
        "word_length",
        "hashes",
        "ellipses",
        "bullet_lines",
        "ellipsis_lines",
        "alphabetic",
        "stop_words",
    )
    rules = (
        Rule("duplicate-paragraphs", "dup_paragraphs", most=0.30),
        Rule("duplicate-paragraph-characters", "dup_paragraph_chars", most=0.20),
        Rule("duplicate-lines", "dup_lines", most=0.30),
        Rule("duplicate-line-characters", "dup_line_chars", most=0.20),
        *(Rule(f"top-{n}-gram", f"top_{n}gram", most=limit) for n, limit in TOP_LIMITS.items()),
        *(Rule(f"duplicate-{n}-grams", f"dup_{n}gram", most=limit) for n, limit in REPEATED_LIMITS.items()),
        Rule("too-few-words", "words", least=50),
        Rule("too-many-words", "words", most=100_000),
        Rule("word-length", "word_length", least=3, most=10),
        Rule("hashes", "hashes", most=0.1),
        Rule("ellipses", "ellipses", most=0.1),
        Rule("bullet-lines", "bullet_lines", most=0.9),
        Rule("ellipsis-lines", "ellipsis_lines", most=0.3),
        Rule("too-few-alphabetic-words", "alphabetic", least=0.8),
        Rule("too-few-stop-words", "stop_words", least=2),
    )

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, measures) float64, in the order of `measures`."""
        rest = [(*_words(document), *_lines(document), *_vocabulary(document)) for document in documents]
        return np.column_stack([[_duplicates(document) for document in documents], _ngrams(documents), rest])


def _ngrams(documents: Sequence[Document]) -> np.ndarray:
    """Return (n, 9) shares of the characters: of the most frequent 2..4-grams, of repeated 5..10-grams."""
    characters = [max(len(document.head), 1) for document in documents]
    ngrams = NGrams([document.head_words for document in documents])
    found = []
    for n in range(1, max(REPEATED_LIMITS) + 1):
        ngrams.lengthen()
        if n in TOP_LIMITS:
            found.append(ngrams.top_characters())
        elif n in REPEATED_LIMITS:
            found.append(ngrams.repeated_characters())
    return np.asarray(np.array(found).T / np.array(characters)[:, None])


def _duplicates(document: Document) -> tuple[float, float, float, float]:
    """Return repeated paragraphs and lines, each as a share of their number and of the characters."""
    characters = max(len(document.head), 1)
    paragraphs, paragraph_characters = duplicate_shares(document.paragraphs)
    lines, line_characters = document.duplicate_lines
    return paragraphs, paragraph_characters / characters, lines, line_characters / characters


def _words(document: Document) -> tuple[float, float, float, float]:
    """Return the number of words that are not pure symbols, their mean length, `#` and ellipses per word."""
    symbols = {
        word: n for word, n in document.odd_words.items() if not (word[0].isalnum() or LETTER_OR_DIGIT.search(word))
    }
    n_symbols = sum(symbols.values())
    n_words = len(document.head_words) - n_symbols
    characters = sum(map(len, document.head_words)) - sum(len(word) * n for word, n in symbols.items())
    head, total = document.head, max(len(document.head_words), 1)
    beyond = len(document.words) - len(document.head_words)
    ellipses = head.count("...") + head.count("\N{HORIZONTAL ELLIPSIS}")
    return float(n_words + beyond), characters / max(n_words, 1), head.count("#") / total, ellipses / total


def _lines(document: Document) -> tuple[float, float]:
    """Return the shares of lines that begin with a bullet and that end with an ellipsis."""
    total = max(len(document.lines), 1)
    bullets = sum(line.startswith(("\N{BULLET}", "-")) for line in document.lines)
    ellipses = sum(line.endswith(("...", "\N{HORIZONTAL ELLIPSIS}")) for line in document.lines)
    return bullets / total, ellipses / total


def _vocabulary(document: Document) -> tuple[float, float]:
    """Return the share of words with a letter and the number of different stop words."""
    without = sum(n for word, n in document.odd_words.items() if not (word[0].isalpha() or LETTER.search(word)))
    total = len(document.head_words)
    return (total - without) / max(total, 1), float(len(STOP_WORDS & document.vocabulary.keys()))
