"""What a domain is called: the words that set it apart.

Class-based TF-IDF over documents, not occurrences, so that one long document does not name a domain: the share of a
domain's documents that hold a word, times log(1 + A / f), f the word's share summed over domains and A the mean over
words. Words are letters only, 3 to 24 of them, neither English stop words nor markup. Counting is by hash bucket
(see `lexical.py`); a bucket stands for its most frequent word, and for none when others share it. A name is a slug of
the best terms, made unique by further ones.

Grootendorst, "BERTopic", arXiv 2203.05794, 2022, section 3.3 (deviation: document shares for term frequencies).
"""

import re
from collections.abc import Mapping, Sequence
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mixpipe.domains.lexical import BUCKETS, hash_words

__all__ = ["LONGEST_WORD", "TERMS", "Words", "bucket_words", "domain_terms", "is_readable", "slug", "unique_names"]

TERMS = 12  # kept per domain
NAME_TERMS = 3
LONGEST_WORD = 24
# Below this share of a bucket, what sets a domain apart may be another word of the bucket: names then show rare words.
DOMINANT = 0.75
READABLE = re.compile(rf"[^\W\d_]{{3,{LONGEST_WORD}}}")
# Contractions cut at the apostrophe, addresses, entities and tags: frequent everywhere and say nothing.
NOISE = frozenset(
    "don didn doesn isn wasn aren couldn wouldn shouldn hasn hadn haven ain ve ll re nbsp amp quot http https www com "
    "org net html htm href div span td tr th img src alt br".split()
)
NOT_SLUG = re.compile(r"[\W_]+")

Words = NDArray[np.str_]


def is_readable(word: str) -> bool:
    """Tell whether a lower-cased word may name a domain."""
    return READABLE.fullmatch(word) is not None and word not in ENGLISH_STOP_WORDS and word not in NOISE


def bucket_words(frequency: Mapping[str, int]) -> Words:
    """Return the word that every bucket stands for: (BUCKETS,) str, empty where none is readable or dominates.

    Args:
        frequency: documents by word or sign, readable or not.
    """
    words = sorted(frequency)
    held = np.array([frequency[word] for word in words], dtype=np.int64)
    buckets = hash_words(words)
    total = np.bincount(buckets, held, BUCKETS)
    shown = np.zeros(BUCKETS, dtype=f"<U{LONGEST_WORD}")
    for row in np.flatnonzero(held >= DOMINANT * total[buckets]):
        if is_readable(words[row]):
            shown[buckets[row]] = words[row]
    return shown


def domain_terms(presence: NDArray[np.float64], shown: Words) -> list[list[str]]:
    """Return the terms of each domain, best first.

    Args:
        presence: (n_domains, BUCKETS) float64, the share of a domain's documents that hold the bucket.
        shown: (BUCKETS,) the word of each bucket, empty for buckets without one.
    """
    readable = np.flatnonzero(shown != "")
    shares = presence[:, readable]
    total = shares.sum(axis=0)
    mean = total.sum() / max(len(readable), 1)
    scores = shares * np.log1p(mean / np.maximum(total, np.finfo(float).tiny))
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, : 3 * TERMS]
    best = [row[scores[domain, row] > 0] for domain, row in enumerate(ranked)]
    return [_without_variants(shown[readable[row]].tolist()) for row in best]


def unique_names(terms: Sequence[Sequence[str]]) -> list[str]:
    """Return one name per domain: its first terms, and more where two domains would share a name."""
    names: list[str] = []
    taken: set[str] = set()
    for words in terms:
        longer = (slug("-".join(words[:n])) for n in range(NAME_TERMS, len(words) + 1))
        base = slug("-".join(words[:NAME_TERMS])) or "unnamed"
        numbered = (f"{base}-{number}" for number in count(2))
        name = next(name for name in chain([base], longer, numbered) if name and name not in taken)
        taken.add(name)
        names.append(name)
    return names


def slug(text: str) -> str:
    """Return lower-case letters and digits with single hyphens between them."""
    return NOT_SLUG.sub("-", text.lower()).strip("-")


def _without_variants(words: Sequence[str]) -> list[str]:
    """Drop plurals and the like: a word that begins with, or begins, an earlier one and differs by up to 2 letters."""
    kept: list[str] = []
    for word in words:
        if not any(_is_variant(word, other) for other in kept):
            kept.append(word)
    return kept[:TERMS]


def _is_variant(word: str, other: str) -> bool:
    return (word.startswith(other) or other.startswith(word)) and abs(len(word) - len(other)) <= 2
