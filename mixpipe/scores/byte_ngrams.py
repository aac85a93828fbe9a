"""A byte n-gram model, and the bits per byte of texts under it.

Interpolated absolute discounting up to 5 bytes (Ney, Essen and Kneser 1994), p_n(b|c) = a(cb) + g(c) p_{n-1}(b|c'),
with a discount of 1: an n-gram seen once leaves its mass to the shorter context and needs no room. a and g lie in one
hash table per order, reached by a rolling hash of the bytes, so a batch is scored by 15 gathers per byte without a loop
over documents. A 16-bit tag tells an unseen n-gram from the one in its cell: without it, shared cells gave impossible
probabilities (1.8 instead of 2.8 bits per byte in tables of 2^18). Of two n-grams for one cell the more frequent stays.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

__all__ = ["MOST_BITS", "ORDER", "UNIFORM_BITS", "ByteModel", "head"]

# Cells of the table of each order, as powers of two: about three times the n-grams that occur twice in 4 MiB of text.
BITS = (12, 18, 18, 20, 20)
ORDER = len(BITS)
OFFSETS = tuple(accumulate((1 << bits for bits in BITS), initial=0))
# The beginning tells the kind of text; 16 KiB hold 99 % of ordinary documents whole.
HEAD_BYTES = 16 << 10
# Bytes scored at once: hashes, cells and tags of one order take about 30 MB.
BLOCK_BYTES = 1 << 20
FIT_BYTES = 4 << 20
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
# What an empty text gets: a uniform byte's bits.
UNIFORM_BITS = 8.0
# No byte costs more, so that one foreign character in a short text does not outweigh the rest.
MOST_BITS = 20


class ByteModel(NamedTuple):
    """Counted n-grams; the last cell is that of the empty context.

    Attributes:
        tags: (n_cells,) uint16, of the n-gram in each cell; 0: none.
        seen: (n_cells,) float16 or float32, its discounted probability.
        rest: (n_cells,) float16 or float32, the mass that it leaves as a context.
    """

    tags: np.ndarray
    seen: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> "ByteModel":
        """Count the n-grams of the first texts, up to `FIT_BYTES`; in float16."""
        return _counted(_fitting_bytes(texts))

    def bits_per_byte(self, texts: Sequence[str]) -> np.ndarray:
        """Return (n,) float64 means over the heads of texts; of an empty one `UNIFORM_BITS`."""
        return _bits_per_byte(texts, *self)


def head(text: str) -> bytes:
    """Return the beginning of a text that is scored, in UTF-8."""
    return text[:HEAD_BYTES].encode("utf-8", "replace")[:HEAD_BYTES]


def _blocks(texts: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (bytes, lengths): heads of texts in a row, each after `ORDER` NULs, in blocks of about `BLOCK_BYTES`."""
    heads: list[bytes] = []
    size = 0
    for text in texts:
        heads.append(head(text))
        size += len(heads[-1])
        if size >= BLOCK_BYTES:
            yield _joined(heads)
            heads, size = [], 0
    if heads:
        yield _joined(heads)


def _joined(heads: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    gap = bytes(ORDER)
    return np.frombuffer(gap + gap.join(heads), np.uint8), np.array([len(head) for head in heads], np.int64)


def _hashes(block: np.ndarray) -> Iterator[np.ndarray]:
    """Yield, for n = 1..ORDER, the (bytes,) uint64 hash of the n-gram that ends at each byte."""
    values = block.astype(np.uint64) + np.uint64(1)
    rolling = np.zeros(len(block), np.uint64)
    power = 1
    for n in range(1, ORDER + 1):
        power = power * int(MULTIPLIER) % 2**64
        rolling[n - 1 :] += values[: len(values) - n + 1] * np.uint64(power)
        yield (rolling ^ (rolling >> np.uint64(29))) * MULTIPLIER


def _cells(hashes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the (m,) int64 cells and (m,) uint16 tags (never 0, which marks an empty cell) of hashes of n-grams."""
    cells = (hashes >> np.uint64(64 - BITS[n - 1])).astype(np.int64) + OFFSETS[n - 1]
    return cells, (hashes | np.uint64(1)).astype(np.uint16)


def _fitting_bytes(texts: Sequence[str]) -> np.ndarray:
    """Return the first block of texts of at most about `FIT_BYTES`."""
    heads: list[bytes] = []
    size = 0
    for text in texts:
        if size >= FIT_BYTES:
            break
        heads.append(head(text))
        size += len(heads[-1])
    return _joined(heads)[0]


def _counted(block: np.ndarray) -> ByteModel:
    """Count a block; n-grams of the NULs between documents are counted like others."""
    tags = np.zeros(OFFSETS[-1] + 1, np.uint16)
    seen = np.zeros(len(tags), np.float32)
    rest = np.ones(len(tags), np.float32)
    context_cells, context_tags = np.full(len(block), OFFSETS[-1]), np.zeros(len(block), np.uint16)
    for n, hashes in enumerate(_hashes(block), start=1):
        unique, first, counts = np.unique(hashes[ORDER:], return_index=True, return_counts=True)
        first += ORDER - 1
        _, one, owner = np.unique(
            context_cells[first] * 2**16 + context_tags[first], return_index=True, return_inverse=True
        )
        chance = (counts - 1) / np.bincount(owner, weights=counts)[owner]
        left = 1 - np.bincount(owner, weights=chance)
        here, mark = context_cells[first][one], context_tags[first][one]
        held = tags[here] == mark
        rest[here[held]] = left[held]
        # Rising counts, so that of two n-grams for one cell the more frequent is written last.
        rising = np.argsort(counts, kind="stable")
        rising = rising[counts[rising] > 1]
        cells, marks = _cells(unique[rising], n)
        tags[cells], seen[cells] = marks, chance[rising]
        context_cells, context_tags = _cells(hashes, n)
    return ByteModel(tags, seen.astype(np.float16), rest.astype(np.float16))


def _inside(lengths: np.ndarray) -> np.ndarray:
    """Return the positions of the documents' own bytes in a block."""
    starts = np.cumsum(lengths + ORDER) - lengths
    return np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())


def _bits_per_byte(texts: Sequence[str], tags: np.ndarray, seen: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return (n,) float64 mean bits per byte."""
    found = [np.zeros(0)]
    for block, lengths in _blocks(texts):
        chance = np.full(len(block), np.float32(2**-UNIFORM_BITS))
        left = np.full(len(block), rest[-1])
        for n, hashes in enumerate(_hashes(block), start=1):
            cells, marks = _cells(hashes, n)
            known = tags[cells] == marks
            chance = np.where(known, seen[cells], 0) + left * chance
            left[1:] = np.where(known, rest[cells], 1)[:-1]
        bits = -np.log2(np.clip(chance, 2.0**-MOST_BITS, 1)).astype(np.float64)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        total = np.bincount(owner, weights=bits[_inside(lengths)], minlength=len(lengths))
        found.append(np.where(lengths > 0, total / np.maximum(lengths, 1), UNIFORM_BITS))
    return np.concatenate(found)
