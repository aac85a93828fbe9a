"""Mixtures from the entropy of the domains' tokens, without training.

Ge et al. 2024 (BiMix, arXiv 2405.14908, section 4): shares proportional to e^H, with H in nats one of

    SE  of tokens                        JE  of pairs of neighbours
    CE  of a token given the one before, JE less the entropy of pairs' first tokens; the paper's choice
    VNE of word vectors: of the eigenvalues of their Gram matrix over its trace (von Neumann)

Counts of parts add up to the counts of the whole, so they are taken while tokenising. Entropies of few tokens come
out low: count as many tokens of every domain. Random strings have the highest entropy of all, so filter first.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from mixpipe.errors import InputError

__all__ = ["TokenCounts", "count_tokens", "entropy_mixture", "von_neumann_entropy"]


@dataclass(frozen=True, eq=False)
class TokenCounts:
    """How often every token and every pair of neighbours was seen.

    Attributes:
        tokens: (vocabulary,) int64.
        pairs: (p,) int64, distinct and increasing: first token * vocabulary + second.
        pair_counts: (p,) int64.
    """

    tokens: np.ndarray
    pairs: np.ndarray
    pair_counts: np.ndarray

    @classmethod
    def empty(cls, vocabulary: int) -> "TokenCounts":
        """Return what adds nothing."""
        return cls(*(np.zeros(size, dtype=np.int64) for size in (vocabulary, 0, 0)))

    def __add__(self, other: "TokenCounts") -> "TokenCounts":
        """Return the counts of both parts.

        Raises:
            InputError: they are of different vocabularies.
        """
        if len(self.tokens) != len(other.tokens):
            raise InputError(f"cannot add counts of {len(self.tokens)} and of {len(other.tokens)} tokens")
        pairs, at = np.unique(np.concatenate([self.pairs, other.pairs]), return_inverse=True)
        counts = np.zeros(len(pairs), dtype=np.int64)
        np.add.at(counts, at, np.concatenate([self.pair_counts, other.pair_counts]))
        return TokenCounts(self.tokens + other.tokens, pairs, counts)

    @property
    def token_entropy(self) -> float:
        """SE, nats."""
        return _entropy(self.tokens)

    @property
    def pair_entropy(self) -> float:
        """JE, nats."""
        return _entropy(self.pair_counts)

    @property
    def conditional_entropy(self) -> float:
        """CE, nats: what is left to say of a token once the one before is known."""
        firsts = np.zeros_like(self.tokens)
        np.add.at(firsts, self.pairs // len(self.tokens), self.pair_counts)
        return self.pair_entropy - _entropy(firsts)


def count_tokens(tokens: np.ndarray, vocabulary: int, lengths: np.ndarray | None = None) -> TokenCounts:
    """Count tokens (n,), ids below `vocabulary`, and pairs within documents of (d,) lengths; one document when None.

    Raises:
        InputError: an id is outside the vocabulary, or the lengths do not sum to n.
    """
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < vocabulary:
        raise InputError(f"expected token ids from 0 to {vocabulary - 1}, found {tokens.min()} to {tokens.max()}")
    if lengths is not None and int(lengths.sum()) != len(tokens):
        raise InputError(f"expected lengths that sum to {len(tokens)} tokens, found {lengths.sum()}")
    ids = tokens.astype(np.int64)
    keys = ids[:-1] * vocabulary + ids[1:]
    if lengths is not None:
        ends = np.cumsum(lengths)
        within = np.ones(len(keys), dtype=bool)
        within[ends[(ends > 0) & (ends < len(tokens))] - 1] = False
        keys = keys[within]
    pairs, counts = np.unique(keys, return_counts=True)
    return TokenCounts(np.bincount(ids, minlength=vocabulary), pairs, counts.astype(np.int64))


def von_neumann_entropy(vectors: np.ndarray, counts: np.ndarray | None = None) -> float:
    """Return VNE, nats, of word vectors (n, d), scaled to unit length here.

    Args:
        vectors: one of every word.
        counts: (n,) times that each is there, > 0; None: once.

    Raises:
        InputError: there is no vector, or one is zero.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if len(vectors) == 0 or not (lengths > 0).all():
        raise InputError(f"expected vectors that are not zero, found {len(vectors)}, {int((lengths == 0).sum())} zero")
    shares = np.full(len(vectors), 1 / len(vectors)) if counts is None else counts / counts.sum()
    scaled = vectors / lengths * np.sqrt(shares)[:, None]
    # (n, n) and (d, d) have the same eigenvalues but for zeros.
    gram = scaled.T @ scaled if len(scaled) > scaled.shape[1] else scaled @ scaled.T
    return _entropy(np.maximum(np.linalg.eigvalsh(gram), 0))


def entropy_mixture(entropies: np.ndarray) -> np.ndarray:
    """Return the mixture (k,) of domains with entropies (k,) in nats."""
    return np.asarray(softmax(np.asarray(entropies, dtype=np.float64)))


def _entropy(amounts: np.ndarray) -> float:
    shares = amounts[amounts > 0] / amounts.sum()
    return float(-(shares * np.log(shares)).sum())
