"""Text that no one wrote to be read: encoded files, keys, shuffled letters, characters at random.

Measures of the first 8,192 characters. `encoded`: share of the characters in runs of 24 characters or more that look
like base64 or hexadecimal (digits or both cases among letters). `uuencoded`: share of lines in the form of uuencode's
full lines. `consonants`: share of the ASCII letters in runs of five consonants or more, of which English has few.
`entropy`: bits per character, order 0: prose has about 4.4 in a small alphabet, base64 nearly 6. `surprise`: mean bits
of a byte given the byte before it, in a table counted on a sample of the corpus, which thus knows its languages; 0
for fewer than 65 bytes.
Source: ours; the limits lie beyond the 99.5th percentile of the shared corpus's ordinary texts.
"""

import re
from collections.abc import Sequence

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule, Sample, State
from mixpipe.scores.rules import RuleSet

__all__ = ["Gibberish"]

HEAD = 8192
LONG = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
ENCODED = re.compile(r"(?=[A-Za-z+/_=-]*\d)(?:[0-9a-fA-F]+|(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_-]+={0,2})")
UUENCODED = re.compile(r"^M[ -`]{56,60}$", re.MULTILINE)
CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
BYTES = 256
FEWEST_PAIRS = 64  # a mean of fewer says little: 2 % of the text messages would be above the limit


class Gibberish(RuleSet):
    """Shares of encoded characters, uuencoded lines and consonant runs; bits per character, alone and in pairs."""

    family = "gibberish"
    measures = ("encoded", "uuencoded", "consonants", "entropy", "surprise")
    rules = (
        Rule("encoded", "encoded", most=0.2),
        Rule("uuencoded", "uuencoded", most=0.1),
        Rule("consonants", "consonants", most=0.1),
        Rule("entropy", "entropy", most=5.75),
        Rule("surprise", "surprise", most=5.5),
    )

    def __init__(self, state: State) -> None:
        """Take the table of bits."""
        self._bits = state["bits"].ravel()

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Count pairs of bytes; `bits` is (256, 256) float32, the second byte's given the first, smoothed by 1."""
        counts = np.ones(BYTES * BYTES)
        for text in sample.texts:
            counts += np.bincount(_pairs(_bytes(text[:HEAD])), minlength=BYTES * BYTES)
        table = counts.reshape(BYTES, BYTES)
        return {"bits": (np.log2(table.sum(axis=1, keepdims=True)) - np.log2(table)).astype(np.float32)}

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 5) float64; an empty text gives 0 throughout."""
        return np.array([self._measured(document.text[:HEAD]) for document in documents], np.float64)

    def _measured(self, head: str) -> tuple[float, float, float, float, float]:
        encoded = sum(len(word) for word in LONG.findall(head) if ENCODED.fullmatch(word))
        content = _bytes(head)
        counts = np.bincount(content, minlength=BYTES)
        letters = int(counts[65:91].sum() + counts[97:123].sum())
        pairs = _pairs(content)
        return (
            encoded / max(len(head), 1),
            len(UUENCODED.findall(head)) / (head.count("\n") + 1),
            sum(map(len, CONSONANTS.findall(head.lower()))) / max(letters, 1),
            _entropy(counts),
            float(self._bits[pairs].mean()) if len(pairs) >= FEWEST_PAIRS else 0.0,
        )


def _bytes(text: str) -> np.ndarray:
    """Return (n,) uint8."""
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def _pairs(content: np.ndarray) -> np.ndarray:
    """Return (n - 1,) int64: every byte and the next as one number."""
    return np.asarray(content[:-1].astype(np.int64) * BYTES + content[1:])


def _entropy(counts: np.ndarray) -> float:
    """Return the bits per byte of (256,) counts."""
    shares = counts[counts > 0] / max(int(counts.sum()), 1)
    return float(-(shares * np.log2(shares)).sum()) + 0.0
