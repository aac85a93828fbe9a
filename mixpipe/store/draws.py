"""Random numbers that belong to a document: a keyed hash of its id.

The same document gets the same number whatever part it lies in, whichever process draws it and in whatever order, so
a re-run or a re-sharding repeats every decision. xxHash3 (64 bits), seeded with the hash of a key that names the
purpose and the user's seed: draws for different purposes are independent. Not meant to resist an adversary.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

__all__ = ["keyed_hashes", "keyed_uniforms"]


def keyed_hashes(ids: Sequence[str], key: str) -> NDArray[np.uint64]:
    """Return one 64-bit hash per id.

    Args:
        ids: document ids, or any texts.
        key: purpose and seed, e.g. `copies:0`.

    Returns:
        (len(ids),) uint64.
    """
    seed = xxh3_64_intdigest(key.encode())
    hashes = (xxh3_64_intdigest(name.encode(), seed) for name in ids)
    return np.fromiter(hashes, dtype=np.uint64, count=len(ids))


def keyed_uniforms(ids: Sequence[str], key: str) -> NDArray[np.float64]:
    """Return one number in [0, 1) per id: (len(ids),) float64, multiples of 2^-53."""
    return (keyed_hashes(ids, key) >> np.uint64(11)).astype(np.float64) * 2.0**-53
