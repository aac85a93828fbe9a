"""Texts to word 5-grams as 64-bit hashes, many texts at once.

A text is lower-cased, its diacritics go (NFKD) and punctuation becomes white space, so texts that differ in case,
accents or layout alone have equal shingles; where asked, every number becomes one word, as in datatrove. All of it
happens on the bytes of about a megabyte of text at a time, and Python never sees a word: a word's hash is a polynomial
of its bytes modulo 2^64, a shingle's one of its words' hashes, both passed through the finaliser of SplitMix64 (Steele
et al. 2014). Any two of a million different shingles have equal hashes with a chance of 3 in 10^8.

Broder 1997, "On the resemblance and containment of documents". Deviations from datatrove's normalisation: punctuation
parts words instead of joining them, and numbers count: on the shared corpus 36 % of what is marked without them differs
in figures, as reports of earnings do, and is a duplicate to none of the labels (`benchmarks/duplicates.py`).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["WORDS", "Shingles", "mixed", "shingles_of"]

WORDS = 5  # of a shingle
CHUNK_BYTES = 1 << 20  # hashed at once: some 50 MB of arrays
NUMBER = re.compile(rb"[0-9]+(?:[.,][0-9]+)*")
SPACE, LAST_ASCII = ord(" "), 127
# Of ASCII letters and digits stay; a byte above it belongs to a letter, for nothing else is left of other scripts.
TABLE = bytes(byte if byte > LAST_ASCII or chr(byte).isalnum() else SPACE for byte in range(256)).lower()
BASE, SHINGLE_BASE = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95  # odd: powers modulo 2^64 can be divided by


class Shingles(NamedTuple):
    """The shingles of n texts, as they follow each other.

    Attributes:
        hashes: (m,) uint64.
        offsets: (n + 1,) int64: text i has `hashes[offsets[i] : offsets[i + 1]]`, none if it has fewer than 5 words.
    """

    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]


def shingles_of(texts: Sequence[str], *, numbers_alike: bool) -> Shingles:
    """Return the hashed word 5-grams of every text, repeats included; with `numbers_alike` all numbers are one word."""
    found = [_hashed_words(chunk) for chunk in _chunks([_normalised(text, numbers_alike) for text in texts])]
    words = np.concatenate([np.zeros(0, np.uint64), *(hashes for hashes, _ in found)])
    owners = np.concatenate([np.zeros(0, np.int64), *(owners for _, owners in found)])
    windows = max(len(words) - WORDS + 1, 0)
    hashes = np.zeros(windows, np.uint64)
    for place in range(WORDS):
        hashes = hashes * np.uint64(SHINGLE_BASE) + words[place : place + windows]
    within = owners[:windows] == owners[WORDS - 1 :]
    counts = np.bincount(owners[:windows][within], minlength=len(texts))
    return Shingles(mixed(hashes[within]), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return (n,) uint64, every bit dependent on every bit of x."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _normalised(text: str, numbers_alike: bool) -> bytes:
    """Return lower-case words of letters and digits, with spaces for all else."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.lower())
        text = text.translate({ord(sign): _plain(sign) for sign in set(text) if ord(sign) > LAST_ASCII})
    encoded = text.encode()
    return (NUMBER.sub(b"0", encoded) if numbers_alike else encoded).translate(TABLE)


@lru_cache(maxsize=1 << 14)
def _plain(sign: str) -> str:
    """Return what is left of one character beyond ASCII."""
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.digit(sign))
    if category in {"Mn", "Me"}:
        return ""
    return sign if category[0] in "LMN" else " "


def _chunks(texts: Sequence[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield (number, words) of normalised texts, cut at spaces and grouped into chunks of about `CHUNK_BYTES`."""
    chunk: list[tuple[int, bytes]] = []
    held = 0
    for number, rest in enumerate(texts):
        while rest:
            cut = rest.find(b" ", CHUNK_BYTES) if len(rest) > CHUNK_BYTES else -1
            piece, rest = (rest, b"") if cut < 0 else (rest[:cut], rest[cut:])
            chunk.append((number, piece))
            held += len(piece)
            if held >= CHUNK_BYTES:
                yield chunk
                chunk, held = [], 0
    if chunk:
        yield chunk


def _hashed_words(chunk: list[tuple[int, bytes]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the hash of every word, and the number of its text."""
    joined = np.frombuffer(b" ".join([piece for _, piece in chunk]), np.uint8)
    is_letter = joined != SPACE
    starts = np.flatnonzero(is_letter & np.concatenate([[True], ~is_letter[:-1]]))
    if not len(starts):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    powers, inverses = (_powers(base, len(joined)) for base in (BASE, pow(BASE, -1, 1 << 64)))
    letters = np.where(is_letter, joined, 0).astype(np.uint64) * powers
    hashes = mixed(np.add.reduceat(letters, starts) * inverses[starts])
    ends = np.cumsum([len(piece) + 1 for _, piece in chunk])
    numbers = np.array([number for number, _ in chunk], np.int64)
    return hashes, numbers[np.searchsorted(ends, starts, side="right")]


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    return np.multiply.accumulate(np.full(count, base, np.uint64))
