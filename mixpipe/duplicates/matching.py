"""Step `match`: from the keys of all parts to the pairs of documents that are worth comparing.

Each part of this step takes one range of keys, see `mixpipe/keyed.py`. Documents with equal keys are a bucket. Each is
paired with the bucket's best, and with the one just better than itself: two pairs a document instead of all, so a
bucket of a million copies costs two million.

Scratch: `match-*-worse.npy` (rising) and `match-*-better.npy`, the pairs; `match-*-either.npy`, whoever is in one.
"""

import numpy as np
from numpy.typing import NDArray

from mixpipe.keyed import in_range, ranges_of
from mixpipe.store.artefact import Counts
from mixpipe.store.files import write_array
from mixpipe.store.stage import Context, Part

__all__ = ["pairs_of", "plan_match", "run_match"]


def plan_match(context: Context) -> list[Part]:
    """List ranges of keys, as few as keep to `keys_at_once`."""
    return ranges_of(context.out, "rank", "match", context.config.keys_at_once)


def run_match(context: Context, part: Part) -> Counts:
    """Write the pairs that share a key of one range."""
    pairs = pairs_of(*in_range(context.out, "rank", part))
    write_array(context.out / f"{part.name}-worse.npy", pairs[:, 0])
    write_array(context.out / f"{part.name}-better.npy", pairs[:, 1])
    write_array(context.out / f"{part.name}-either.npy", np.unique(pairs))
    return {}


def pairs_of(keys: NDArray[np.uint64], documents: NDArray[np.uint64], ranks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct pairs to compare: (m, 2) uint64, the worse document first, rising.

    Args:
        keys: (n,) of bands.
        documents: (n,) names of those that they belong to.
        ranks: (n,) of these, lower is better.
    """
    order = np.lexsort((documents, ranks, keys))
    keys, documents = keys[order], documents[order]
    is_best = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    best = np.maximum.accumulate(np.where(is_best, np.arange(len(keys)), 0))
    rest = np.flatnonzero(~is_best)
    pairs = [np.stack([documents[rest], documents[others]], axis=1) for others in (best[rest], rest - 1)]
    # A document has one key for each band, so it is in a bucket once and never paired with itself.
    return np.asarray(np.unique(np.concatenate(pairs), axis=0))
