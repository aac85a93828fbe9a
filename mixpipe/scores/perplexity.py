"""Bits per byte of each document under a byte n-gram model of the corpus itself.

Interpolated absolute discounting up to 5 bytes (Ney, Essen and Kneser 1994), p_n(b|c) = a(cb) + g(c) p_{n-1}(b|c'),
with a discount of 1: an n-gram seen once leaves its mass to the shorter context. a and g lie in tables of 2^20 cells reached by a
rolling hash of the bytes, so a batch is scored by 10 gathers per byte, without a loop over documents. Costs: cells
shared by two n-grams blur rare ones, and only the first 32 KiB of a document count. Two models are kept, one per half
of the sample, so that no document is scored by a model that saw it (Ankner et al. 2024, arXiv 2405.20541, train their
reference model on a disjoint split for the same reason; they use a 125M transformer).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Floats, Sample, State, halves

__all__ = ["Perplexity"]

ORDER = 5
BITS = 20
HEAD_BYTES = 32 << 10
# Bytes per vectorised block: hashes and indices of one order take 12 bytes each, 12 MiB in all.
BLOCK_BYTES = 1 << 20
# 8 MiB per model: from there on doubling the text lowers bits per byte by less than 2 %, and the tables fill up.
FIT_BYTES = 8 << 20
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
UNIFORM = np.float32(1 / 256)


class Perplexity:
    """Bits per byte under the corpus's own n-grams; an empty text gets 8, what a uniform byte costs."""

    columns = ("perplexity",)
    rules: tuple[str, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the tables of both models."""
        self._models = [(state[f"seen_{half}"], state[f"rest_{half}"]) for half in (0, 1)]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Count the n-grams of both halves of the sample, up to `FIT_BYTES` each."""
        which = halves(sample.ids)
        state = {}
        for half in (0, 1):
            texts = [sample.texts[i] for i in np.flatnonzero(which == half)]
            state[f"seen_{half}"], state[f"rest_{half}"] = _tables(texts)
        return state

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) bits per byte."""
        bits = np.full(len(batch.texts), 8.0)
        which = halves(batch.ids)
        for half, (seen, rest) in enumerate(self._models):
            rows = np.flatnonzero(which != half)
            bits[rows] = _bits_per_byte([batch.texts[i] for i in rows], seen, rest)
        return bits[:, None].astype(np.float32)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (bytes, lengths): heads of texts in a row, each after `ORDER` NULs, in blocks of about `BLOCK_BYTES`."""
    heads: list[bytes] = []
    size = 0
    for text in texts:
        heads.append(text[:HEAD_BYTES].encode("utf-8", "replace")[:HEAD_BYTES])
        size += len(heads[-1])
        if size >= BLOCK_BYTES:
            yield _joined(heads)
            heads, size = [], 0
    if heads:
        yield _joined(heads)


def _joined(heads: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    gap = bytes(ORDER)
    return np.frombuffer(gap + gap.join(heads), np.uint8), np.array([len(head) for head in heads])


def _cells(block: np.ndarray) -> Iterator[np.ndarray]:
    """Yield, for n = 1..ORDER, the (bytes,) int64 cell of the n-gram that ends at each byte."""
    values = block.astype(np.uint64) + np.uint64(1)
    rolling = np.zeros(len(block), np.uint64)
    power = MULTIPLIER
    for n in range(1, ORDER + 1):
        rolling[n - 1 :] += values[: len(values) - n + 1] * power
        power = np.uint64(int(power) * int(MULTIPLIER) % 2**64)
        mixed = rolling ^ (rolling >> np.uint64(29))
        yield ((mixed * MULTIPLIER) >> np.uint64(64 - BITS)).astype(np.int64)


def _tables(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return `seen` and `rest`, (ORDER, 2^BITS) float32: discounted probabilities and the mass left by a context."""
    counts = np.zeros((ORDER, 1 << BITS), np.int64)
    context = np.zeros((ORDER, 1 << BITS), np.int64)
    size = 0
    for block, lengths in _blocks(texts):
        inside = _inside(lengths)
        before = np.zeros(len(block), np.int64)
        for n, cells in enumerate(_cells(block)):
            counts[n] += np.bincount(cells[inside], minlength=1 << BITS)
            context[n, cells[inside]] = before[inside]
            before = np.concatenate([[0], cells[:-1]])
        size += int(lengths.sum())
        if size >= FIT_BYTES:
            break
    seen = np.zeros(counts.shape, np.float32)
    rest = np.ones(counts.shape, np.float32)
    for n in range(ORDER):
        # Summed over the cells themselves, so that the context's total fits its continuations even where cells are shared.
        total = np.bincount(context[n], weights=counts[n], minlength=1 << BITS)
        kept = np.flatnonzero(counts[n] > 1)
        seen[n, kept] = (counts[n, kept] - 1) / total[context[n, kept]]
        rest[n] -= np.bincount(context[n, kept], weights=seen[n, kept], minlength=1 << BITS).astype(np.float32)
    return seen, np.clip(rest, 0, 1)


def _inside(lengths: np.ndarray) -> np.ndarray:
    """Return the positions of the documents' own bytes in a block."""
    starts = np.cumsum(lengths + ORDER) - lengths
    return np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())


def _bits_per_byte(texts: Sequence[str], seen: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return (n,) float64 mean bits per byte."""
    found = []
    for block, lengths in _blocks(texts):
        chance = np.full(len(block), UNIFORM)
        before = np.zeros(len(block), np.int64)
        for n, cells in enumerate(_cells(block)):
            chance = seen[n][cells] + rest[n][before] * chance
            before = np.concatenate([[0], cells[:-1]])
        bits = -np.log2(np.clip(chance, 2.0**-20, 1)).astype(np.float64)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        total = np.bincount(owner, weights=bits[_inside(lengths)], minlength=len(lengths))
        found.append(np.where(lengths > 0, total / np.maximum(lengths, 1), 8.0))
    return np.concatenate(found) if found else np.zeros(0)
