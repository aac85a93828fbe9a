"""Texts of nearly equal length together, so that little padding is computed."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["length_batches"]


def length_batches(lengths: NDArray[np.int64], budget: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Cut texts into batches of nearly equal length, longest first.

    Args:
        lengths: (n,) tokens of each text.
        budget: most tokens in a batch, padding included; a longer text is a batch of its own.

    Yields:
        the rows of a batch, (m,) int64, and the length of the longest.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        width = int(lengths[order[start]])
        end = start + max(1, budget // max(1, width))
        yield order[start:end], width
        start = end
