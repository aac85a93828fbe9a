"""How much there is to learn in each domain's pool: entropies of its tokens, for the methods that read them.

Entropies of few tokens come out low, so the same number of tokens is counted in every domain: as many as the shortest
pool has, a million at most. Text ends are tokens as any. Von Neumann entropy needs word vectors, which the pools lack.

Writes `entropies.json`: `se`, `je` and `ce`, nats by domain, 0 for a domain without tokens.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixpipe.search.laws.entropy import count_tokens
from mixpipe.store.files import read_json, write_json

__all__ = ["ENTROPIES", "pool_entropies", "read_entropies", "write_entropies"]

ENTROPIES = "entropies.json"
KINDS = ("se", "je", "ce")
MOST_TOKENS = 1_000_000


def pool_entropies(pools: Sequence[np.ndarray], vocabulary: int) -> dict[str, np.ndarray]:
    """Return (k,) nats by kind, from as many tokens of each of the k pools."""
    count = min([len(pool) for pool in pools if len(pool)] + [MOST_TOKENS])
    found = np.zeros((len(pools), len(KINDS)))
    for number, pool in enumerate(pools):
        if len(pool):
            counts = count_tokens(pool[:count], vocabulary)
            found[number] = counts.token_entropy, counts.pair_entropy, counts.conditional_entropy
    return dict(zip(KINDS, found.T, strict=True))


def write_entropies(folder: Path, pools: Sequence[np.ndarray], vocabulary: int) -> None:
    """Write the entropies of the pools."""
    found = pool_entropies(pools, vocabulary)
    write_json(folder / ENTROPIES, {kind: values.tolist() for kind, values in found.items()})


def read_entropies(folder: Path) -> dict[str, np.ndarray] | None:
    """Return what `write_entropies` wrote; None in a folder of before there were any."""
    path = folder / ENTROPIES
    if not path.is_file():
        return None
    return {kind: np.array(values, dtype=np.float64) for kind, values in read_json(path).items()}
