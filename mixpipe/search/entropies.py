"""How much there is to learn in each domain's pool: entropies of its tokens, for the methods that read them.

Entropies of few tokens come out low, so the same number of tokens is counted in every domain: as many as the shortest
pool has, a million at most. Text ends are tokens as any. Von Neumann entropy needs word vectors; here they are the
tokens' own, from who stands beside whom in all pools together: the leading singular directions of positive pointwise
mutual information (Levy and Goldberg 2014, Neural word embedding as implicit matrix factorization, section 4). Tokens
used alike have one direction, and a domain is rich in the directions that it uses, not in the tokens. Twenty domains
take half a second at 1,024 tokens in the vocabulary and half a minute at 32,768.

Writes `entropies.json`: `se`, `je`, `ce` and `vne`, nats by domain, 0 for a domain without tokens.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from mixpipe.search.laws.entropy import TokenCounts, count_tokens, von_neumann_entropy
from mixpipe.store.files import read_json, write_json

__all__ = ["ENTROPIES", "pool_entropies", "read_entropies", "write_entropies"]

ENTROPIES = "entropies.json"
KINDS = ("se", "je", "ce", "vne")
MOST_TOKENS = 1_000_000
DIMENSIONS = 100  # of a token's vector; the paper has 300 of words
LEAST_LENGTH = 1e-6  # of a vector, relative to the longest: below are rounding errors of tokens that have none


def pool_entropies(pools: Sequence[np.ndarray], vocabulary: int) -> dict[str, np.ndarray]:
    """Return (k,) nats by kind, from as many tokens of each of the k pools."""
    count = min([len(pool) for pool in pools if len(pool)] + [MOST_TOKENS])
    counted = [count_tokens(pool[:count], vocabulary) for pool in pools]
    vectors = _token_vectors(counted, vocabulary)
    lengths = np.linalg.norm(vectors, axis=1)
    known = lengths > LEAST_LENGTH * lengths.max()
    found = np.zeros((len(pools), len(KINDS)))
    for row, counts in zip(found, counted, strict=True):
        if counts.tokens.any():
            row[:3] = counts.token_entropy, counts.pair_entropy, counts.conditional_entropy
        if (used := known & (counts.tokens > 0)).any():
            row[3] = von_neumann_entropy(vectors[used], counts.tokens[used])
    return dict(zip(KINDS, found.T, strict=True))


def _token_vectors(counted: Sequence[TokenCounts], vocabulary: int) -> np.ndarray:
    """Return the vectors (vocabulary, d) of tokens from the pairs of all domains; zeros where nothing is told."""
    firsts, seconds = np.divmod(np.concatenate([counts.pairs for counts in counted]), vocabulary)
    times = np.concatenate([counts.pair_counts for counts in counted]).astype(np.float64)
    once = csr_array((times, (firsts, seconds)), shape=(vocabulary, vocabulary))
    beside = (once + once.T).tocoo()
    seen: np.ndarray = np.asarray(beside.sum(axis=1))
    left, right = beside.coords
    information = np.log(beside.data * seen.sum() / (seen[left] * seen[right])) if len(left) else beside.data
    kept = information > 0
    if not kept.any():
        return np.zeros((vocabulary, 1))
    table = csr_array((information[kept], (left[kept], right[kept])), shape=(vocabulary, vocabulary))
    # Started from equal entries, the iteration draws no random numbers.
    directions, values, _ = svds(table, k=min(DIMENSIONS, vocabulary - 1), v0=np.ones(vocabulary))
    return np.asarray(directions * np.sqrt(np.maximum(values, 0)))


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
