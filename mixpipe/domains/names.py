"""What a domain is called: the words that set it apart.

A word counts by how many of the domain's documents hold it, times how much it is the domain's own: that share over the
sum of all domains' shares. Documents, not occurrences, so that one long document does not name a domain. Words are
letters only, 3 to 24 of them, neither English stop words nor markup. Counting is by hash bucket (see `lexical.py`); a
bucket stands for its most frequent word, and for none when others share it. A name is a slug of three short terms.

The idea is class-based TF-IDF (Grootendorst, "BERTopic", arXiv 2203.05794, 2022, section 3.3); its logarithm is left
out. On the labels of the sample corpus it named literature `said-little-man` and an encyclopedia `great-parts-called`;
with a mean over words inside the logarithm, `celebrated-chiefly-situated`; without it, `parts-considerable-great`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mixpipe.domains.lexical import BUCKETS, hash_words

__all__ = [
    "LONGEST_WORD",
    "TERMS",
    "Words",
    "bucket_words",
    "domain_terms",
    "is_readable",
    "unique_labels",
    "unique_names",
]

TERMS = 12  # kept per domain
NAME_TERMS = 3
NAME_LETTERS = 12  # of a term in a name: three of them and two hyphens are 38 characters
LONGEST_WORD = 24
# Below this share of a bucket, what sets a domain apart may be another word of the bucket: names then show rare words.
DOMINANT = 0.75
READABLE = re.compile(rf"[^\W\d_]{{3,{LONGEST_WORD}}}")
# Contractions cut at the apostrophe, addresses, entities and tags: frequent everywhere and say nothing.
NOISE = frozenset(
    "don didn doesn isn wasn aren couldn wouldn shouldn hasn hadn haven ain ve ll re nbsp amp quot http https www com "
    "org net edu html htm href div span td tr th img src alt br svg png jpg gif css noindent medskip bigskip".split()
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
    scores = shares**2 / np.maximum(shares.sum(axis=0), np.finfo(float).tiny)
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, : 3 * TERMS]
    best = [row[scores[domain, row] > 0] for domain, row in enumerate(ranked)]
    return [_without_variants(shown[readable[row]].tolist()) for row in best]


def unique_names(terms: Sequence[Sequence[str]]) -> list[str]:
    """Return one name per domain: its first short terms, later ones last where two domains would share a name."""
    names: list[str] = []
    for words in terms:
        short = [word for word in words if len(word) <= NAME_LETTERS] or words[:1]
        tried = chain([short[:NAME_TERMS]], ([*short[: NAME_TERMS - 1], word] for word in short[NAME_TERMS:]))
        names.append(_free(["-".join(some) or "unnamed" for some in tried], names))
    return names


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Return one name per given domain: its label as a slug."""
    names: list[str] = []
    for label in labels:
        names.append(_free([_slug(label) or "unnamed"], names))
    return names


def _free(wanted: Sequence[str], taken: Collection[str]) -> str:
    """Return the first name that is not taken, else the first with a number."""
    numbered = (f"{wanted[0]}-{number}" for number in count(2))
    return next(name for name in chain(wanted, numbered) if name not in taken)


def _slug(text: str) -> str:
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
