r"""Hashed word unigrams and bigrams of many texts at once: the features of DSIR and of the n-gram classifiers.

Tokens are runs of word characters or of other marks (`\w+|[^\w\s]+`) in lower case; the bucket of an n-gram is SHA-256
of its words, joined by a space, modulo the number of buckets, as in DSIR's code (Xie et al. 2023, arXiv 2302.03169):
the same in every process, which Python's own hash is not. Each different n-gram of a batch is hashed once, found by
sorting pairs of word numbers. Texts are looked at up to their first 100,000 characters.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from mixpipe.scores.document import HEAD_CHARACTERS

__all__ = ["HashedNGrams", "hashed_ngrams"]

TOKEN = re.compile(r"\w+|[^\w\s]+")


class HashedNGrams(NamedTuple):
    """Every unigram and bigram of n texts.

    Attributes:
        owners: (g,) int64, the text that each is from.
        buckets: (g,) int64.
        texts: n.
        n_buckets: how many buckets there are.
    """

    owners: np.ndarray
    buckets: np.ndarray
    texts: int
    n_buckets: int

    @property
    def sizes(self) -> np.ndarray:
        """(n,) int64, n-grams of each text."""
        return np.bincount(self.owners, minlength=self.texts)

    def counts(self) -> csr_matrix:
        """Return (n, n_buckets) float32 counts."""
        ones = np.ones(len(self.owners), np.float32)
        return csr_matrix((ones, (self.owners, self.buckets)), shape=(self.texts, self.n_buckets))


def hashed_ngrams(texts: Sequence[str], n_buckets: int) -> HashedNGrams:
    """Return the unigrams and bigrams of texts; a bigram does not reach from one text into the next."""
    numbers: dict[str, int] = {}
    tokens = [
        [numbers.setdefault(token, len(numbers)) for token in TOKEN.findall(text[:HEAD_CHARACTERS].lower())]
        for text in texts
    ]
    words = list(numbers)
    codes = np.array([code for document in tokens for code in document], np.int64)
    owners = np.repeat(np.arange(len(tokens)), [len(document) for document in tokens]).astype(np.int64)
    inside = np.flatnonzero(owners[1:] == owners[:-1])
    pairs, which = np.unique(codes[inside] * len(words) + codes[inside + 1], return_inverse=True)
    bigrams = (f"{words[pair // len(words)]} {words[pair % len(words)]}" for pair in pairs.tolist())
    of_words = np.array([_bucket(word, n_buckets) for word in words], np.int64)
    of_pairs = np.array([_bucket(bigram, n_buckets) for bigram in bigrams], np.int64)
    buckets = np.concatenate([of_words[codes], of_pairs[which]])
    return HashedNGrams(np.concatenate([owners, owners[inside]]), buckets, len(tokens), n_buckets)


def _bucket(ngram: str, n_buckets: int) -> int:
    return int.from_bytes(sha256(ngram.encode("utf-8", "replace")).digest(), "big") % n_buckets
