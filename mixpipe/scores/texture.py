"""How much a text looks like running text of this corpus, in any of its languages, code included.

Five measures of the first 8,192 characters that know no language. `common`: share of the characters in words met in
at least 1 % of the sampled documents. `compression`: zlib's size per byte against what is usual at that length.
`spaces`: share of white space. `line_ends`: share of lines that end in punctuation, a code line's included.
`damage`: share of characters that betray UTF-8 read as Windows-1252, lost bytes or control codes. Logs, tables and
menus repeat themselves or lack common words; base64 and minified code have no spaces. Source: ours; compression as a
measure of redundancy follows Yin et al. 2024 (arXiv 2407.06645).
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State

__all__ = ["Texture"]

HEAD = 8192
WORD = re.compile(r"[^\W\d_]+")
# A lead byte of UTF-8 for Latin or punctuation, then a continuation byte, both read as Windows-1252; U+FFFD, C0, C1.
DAMAGE = re.compile(
    "[\u00c2\u00c3\u00e2]"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
    "|[\ufffd\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]"
)
LINE_ENDS = tuple(".?!\"':;,)}{\N{HORIZONTAL ELLIPSIS}\N{RIGHT DOUBLE QUOTATION MARK}\N{IDEOGRAPHIC FULL STOP}")
COMMON_SHARE = 0.01
LONGEST_COMMON = 32
LENGTH_BINS = 20
FEWEST_PER_BIN = 25


class Texture:
    """Common words, compression, white space, closed lines and encoding damage."""

    columns = ("texture_common", "texture_compression", "texture_spaces", "texture_line_ends", "texture_damage")
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the common words and the usual compression by length."""
        self._common = frozenset(state["common"].tolist())
        self._lengths, self._usual = state["lengths"], state["usual"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Find the corpus's common words, and the median compression in bins of equal numbers of documents."""
        met: Counter[str] = Counter()
        for text in sample.texts:
            met.update({word for word in _words(text) if len(word) <= LONGEST_COMMON})
        least = max(2, COMMON_SHARE * len(sample.texts))
        lengths, sizes = _compressed(sample.texts)
        bins = np.array_split(np.argsort(lengths, kind="stable"), _n_bins(len(lengths)))
        return {
            "common": np.array(sorted(word for word, n in met.items() if n >= least), dtype=np.str_),
            "lengths": np.array([np.median(lengths[members]) for members in bins]),
            "usual": np.array([np.median(sizes[members]) for members in bins]),
        }

    def score(self, batch: Batch) -> Floats:
        """Return (n, 5); an empty text gives 0 throughout, the usual compression included."""
        lengths, sizes = _compressed(batch.texts)
        rest = np.array([self._measure(document) for document in batch.documents]).reshape(-1, 4)
        excess = np.where(lengths > _log_length(0), sizes - np.interp(lengths, self._lengths, self._usual), 0.0)
        return np.insert(rest, 1, excess, axis=1)

    def _measure(self, document: Document) -> tuple[float, float, float, float]:
        head = document.text[:HEAD]
        characters = max(len(head), 1)
        lines = [line for raw in head.split("\n") if (line := raw.rstrip())]
        return (
            sum(map(len, filter(self._common.__contains__, _words(head)))) / characters,
            (head.count(" ") + head.count("\n") + head.count("\t")) / characters,
            sum(line.endswith(LINE_ENDS) for line in lines) / max(len(lines), 1),
            len(DAMAGE.findall(head)) / characters,
        )


def _words(text: str) -> list[str]:
    return WORD.findall(text[:HEAD].lower())


def _log_length(n_bytes: int) -> float:
    # 20 bytes are what zlib adds to any text, so short texts stay comparable.
    return float(np.log(n_bytes + 20))


def _compressed(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) log lengths and (n,) compressed bytes per byte, of the heads."""
    heads = [text[:HEAD].encode("utf-8", "replace") for text in texts]
    lengths = np.array([_log_length(len(head)) for head in heads], np.float64)
    return lengths, np.array([len(zlib.compress(head, 1)) for head in heads], np.float64) / np.exp(lengths)


def _n_bins(documents: int) -> int:
    return max(1, min(LENGTH_BINS, documents // FEWEST_PER_BIN))
