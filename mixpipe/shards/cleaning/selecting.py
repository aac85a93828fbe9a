"""Which tokens keep their labels: those with the largest excess loss, base minus reference.

Token Cleaning (arXiv 2502.01968; equation of the score and both scopes): of N response tokens int(keep N) are kept,
ties by order. `global` pools all documents, `sample` takes each for itself. A global choice is made in bounded memory:
float32 numbers are ordered as 32-bit integers, so two counts, of their upper halves and of the lower halves of the one
that is met, give the cutoff exactly, and how many of those equal to it are still wanted.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["IGNORED", "Cutoff", "count_equal", "cutoff", "keep_global", "keep_sample", "labels"]

IGNORED = -100  # the label that losses leave out, in PyTorch and what builds on it
HALF = 1 << 16


class Cutoff(NamedTuple):
    """Where a global choice ends.

    Attributes:
        key: of the last excess loss that is kept.
        equal: how many tokens with this very key are kept, the first ones.
    """

    key: int
    equal: int


def cutoff(excess: Callable[[], Iterable[NDArray[np.float32]]], keep: float) -> Cutoff:
    """Return where the largest int(keep N) excess losses end.

    Args:
        excess: gives all N of them, array by array, each time it is called; finite.
        keep: the share to keep, in (0, 1].
    """
    upper = sum((np.bincount(_keys(values) >> 16, minlength=HALF) for values in excess()), np.zeros(HALF, np.int64))
    wanted = int(keep * int(upper.sum()))
    half, above = _reached(upper, wanted)
    lower = np.zeros(HALF, np.int64)
    for values in excess():
        keys = _keys(values)
        lower += np.bincount(keys[keys >> 16 == half] & (HALF - 1), minlength=HALF)
    rest, below = _reached(lower, wanted - above)
    return Cutoff(half << 16 | rest, wanted - above - below)


def keep_global(excess: NDArray[np.float32], end: Cutoff, equal_before: int) -> NDArray[np.bool_]:
    """Return which of some response tokens are kept: (n,) bool.

    Args:
        excess: (n,) float32, their excess losses.
        end: of all of them.
        equal_before: how many tokens before these have the cutoff's own key.
    """
    keys = _keys(excess)
    is_equal = keys == end.key
    kept: NDArray[np.bool_] = (keys > end.key) | (is_equal & (np.cumsum(is_equal) + equal_before <= end.equal))
    return kept


def count_equal(excess: NDArray[np.float32], end: Cutoff) -> int:
    """Return how many tokens have the cutoff's own key."""
    return int((_keys(excess) == end.key).sum())


def keep_sample(excess: NDArray[np.float32], counts: NDArray[np.int64], keep: float) -> NDArray[np.bool_]:
    """Return which response tokens are kept, each response for itself: (n,) bool.

    Args:
        excess: (n,) float32, of all responses, back to back.
        counts: (m,) int64, response tokens of each.
        keep: the share to keep, in (0, 1].
    """
    kept = np.zeros(len(excess), np.bool_)
    start = 0
    for count in counts.tolist():
        order = np.argsort(-excess[start : start + count], kind="stable")
        kept[start + order[: int(keep * count)]] = True
        start += count
    return kept


def labels(ids: NDArray[np.int32], is_response: NDArray[np.bool_], kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the labels of tokens: (n,) int32, their own id where kept, `IGNORED` elsewhere.

    Args:
        ids: (n,) int32.
        is_response: (n,) bool; the others are a prompt and never kept.
        kept: one bool per response token.
    """
    found = np.full(len(ids), IGNORED, np.int32)
    places = np.flatnonzero(is_response)[kept]
    found[places] = ids[places]
    return found


def _keys(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return numbers that rise with the values, 0 <= key < 2^32; both zeros alike."""
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.int64)
    keys: NDArray[np.int64] = np.where(bits >> 31, 0xFFFFFFFF - bits, bits + (1 << 31))
    return keys


def _reached(counts: NDArray[np.int64], wanted: int) -> tuple[int, int]:
    """Return the bin in which the `wanted` largest end, and how many lie above it."""
    from_above = np.cumsum(counts[::-1])
    place = min(int(np.searchsorted(from_above, wanted)), len(counts) - 1)
    return len(counts) - 1 - place, int(from_above[place] - counts[::-1][place])
