"""Words of a block's texts as numbers, its characteristic words, its word n-grams, and texts with constants masked.

Words are runs of letters, digits and underscores, in lower case, of the first 4,000 characters. What is found in one
document only connects nothing and is left out: as a label or a compound it would make every document new. Cost: about
1 s for 10 MB of text.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Words", "characteristic_words", "masked_templates", "read_words", "shared_bigrams"]

READ_CHARACTERS = 4000  # of each text, as in the lexical features of domains
WORD = re.compile(r"\w+")
# A number, or what stands in quotes on one line; single quotes only where they are no apostrophes. Bounded, so that a
# line of nothing but quotes takes no quadratic time; one set of first signs, because the search then skips by it.
CONSTANT = re.compile(
    r"""[\d"“'](?:(?<=\d)\d*|(?<=")[^"\n]{0,200}"|(?<=“)[^”\n]{0,200}”|(?<=(?<!\w)')[^'\n]{0,200}'(?!\w))"""
)
LEAST_DOCUMENTS = 2
MOST_SHARE = 0.5  # a word in more of the block's documents sets none of them apart
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio

Ints: TypeAlias = NDArray[np.int64]


class Words(NamedTuple):
    """The words of n documents in a row.

    Attributes:
        numbers: (n_words,) int64, a word's number: its rank of first appearance.
        starts: (n + 1,) int64, where each document begins.
    """

    numbers: Ints
    starts: Ints

    @property
    def owners(self) -> Ints:
        """The document of each word: (n_words,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def read_words(texts: Sequence[str]) -> Words:
    """Cut texts into words and number these."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    codes: list[int] = []
    starts = [0]
    for text in texts:
        codes.extend(map(numbers.__getitem__, WORD.findall(text[:READ_CHARACTERS].lower())))
        starts.append(len(codes))
    return Words(np.array(codes, dtype=np.int64), np.array(starts, dtype=np.int64))


def characteristic_words(words: Words, most: int) -> sp.csr_matrix:
    """Return the words that set each document apart inside the block.

    Args:
        words: of n documents.
        most: words of a document; of equal weight those that appeared first in the block.

    Returns:
        (n, n_labels) float64, (1 + log tf) * log(n / df) of at most `most` words a document; one column for each
        word that is chosen for at least two documents.
    """
    n = len(words.starts) - 1
    shape = (n, int(words.numbers.max(initial=-1)) + 1)
    counts = sp.csr_matrix((np.ones(len(words.numbers)), words.numbers, words.starts), shape=shape)
    counts.sum_duplicates()
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    apart = (frequency >= LEAST_DOCUMENTS) & (frequency <= max(MOST_SHARE * n, LEAST_DOCUMENTS))
    idf = np.where(apart, np.log(n / np.maximum(frequency, 1)), 0.0)
    weights = (1.0 + np.log(counts.data)) * idf[counts.indices]
    owners = np.repeat(np.arange(n), np.diff(counts.indptr))
    best = np.lexsort((counts.indices, -weights, owners))
    rank = np.arange(len(best)) - counts.indptr[owners]  # owners is sorted, so are best's documents
    best = best[(rank < most) & (weights[best] > 0)]
    chosen = sp.csr_matrix((weights[best], (owners[best], counts.indices[best])), shape=counts.shape)
    return sp.csr_matrix(chosen[:, np.bincount(chosen.indices, minlength=counts.shape[1]) >= LEAST_DOCUMENTS])


def shared_bigrams(words: Words, cell: Ints) -> sp.csr_matrix:
    """Return which pairs of words, one after the other, each document shares with others of its cell.

    Args:
        words: of n documents.
        cell: (n,) int64 >= 0, the cell of each document: the same pair in another cell is another compound.

    Returns:
        (n, n_compounds) int64 counts; a column for each pair that at least two documents of a cell hold. Columns are
        in the order of hashes.
    """
    n = len(words.starts) - 1
    owners = words.owners
    inside = np.flatnonzero(owners[:-1] == owners[1:])
    parts = (words.numbers[inside], words.numbers[inside + 1], cell[owners[inside]])
    key = np.zeros(len(inside), dtype=np.uint64)
    for part in parts:  # 64 bits: two of a million compounds fall together with a chance of 3 in 10^8
        key = (key ^ part.astype(np.uint64)) * SPREAD
        key ^= key >> np.uint64(29)
    compounds, columns = np.unique(key, return_inverse=True)
    held = sp.csr_matrix((np.ones(len(columns), np.int64), (owners[inside], columns)), shape=(n, len(compounds)))
    held.sum_duplicates()
    return sp.csr_matrix(held[:, np.bincount(held.indices, minlength=len(compounds)) >= LEAST_DOCUMENTS])


def masked_templates(texts: Sequence[str]) -> Ints:
    """Return the number of each text's template, (n,) int64: equal where texts differ in numbers and quotes only."""
    numbers: dict[str, int] = {}
    masked = (CONSTANT.sub("0", text[:READ_CHARACTERS]) for text in texts)
    return np.array([numbers.setdefault(template, len(numbers)) for template in masked], dtype=np.int64)
