"""Cells to domains: size-weighted Ward merging, kept as a tree that can be cut anew in microseconds.

Each merge joins the two groups whose union adds least to the sum of squared distances to the group's mean,
a * b / (a + b) * |mean_a - mean_b|^2 for groups of a and b documents, so large groups do not swallow all others, as
they do under average linkage. Lance-Williams updates: n^2 memory and n^3 time in numpy, well under a second for 500
cells.

Ward, "Hierarchical grouping to optimize an objective function", JASA 58, 1963; Lance and Williams, "A general theory
of classificatory sorting strategies", Computer Journal 9, 1967.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixpipe.store.fingerprint import Json

__all__ = ["MergeTree", "absorb_small", "cut", "natural_counts", "numbered_by", "recut", "ward_tree"]

Merge = tuple[int, int, float]
# Costs below are those of equal vectors up to rounding.
SMALLEST_COST = 1e-9


@dataclass(frozen=True)
class MergeTree:
    """The order in which cells merge.

    Attributes:
        documents: sampled documents by cell.
        tokens: sampled tokens by cell.
        merges: one (left, right, cost) per merge; nodes below n_cells are cells, node n_cells + t is what merge t
            made. Costs never fall.
    """

    documents: tuple[int, ...]
    tokens: tuple[int, ...]
    merges: tuple[Merge, ...]

    @classmethod
    def from_json(cls, value: dict[str, list[Any]]) -> "MergeTree":
        """Read what `to_json` wrote."""
        merges = tuple((int(left), int(right), float(cost)) for left, right, cost in value["merges"])
        return cls(tuple(value["documents"]), tuple(value["tokens"]), merges)

    def to_json(self) -> dict[str, Json]:
        """Return the tree as JSON: `documents`, `tokens`, `merges`."""
        return {"documents": self.documents, "tokens": self.tokens, "merges": self.merges}


def ward_tree(means: NDArray[np.float64], documents: NDArray[np.int64], tokens: NDArray[np.int64]) -> MergeTree:
    """Merge cells until one is left.

    Args:
        means: (n_cells, d) float64, the mean of each cell's vectors (not normalised).
        documents: (n_cells,) int64 > 0, the weights.
        tokens: (n_cells,) int64, kept beside the tree.
    """
    sizes = documents.astype(np.float64)
    squares = (means**2).sum(axis=1)
    costs = np.maximum(squares[:, None] + squares - 2 * means @ means.T, 0)
    costs *= sizes[:, None] * sizes / (sizes[:, None] + sizes)
    np.fill_diagonal(costs, np.inf)
    nodes = list(range(len(means)))
    merges: list[Merge] = []
    for step in range(len(means) - 1):
        kept, gone = sorted(divmod(int(costs.argmin()), len(means)))
        cost = costs[kept, gone]
        merges.append((nodes[kept], nodes[gone], float(cost)))
        joined = (sizes + sizes[kept]) * costs[kept] + (sizes + sizes[gone]) * costs[gone] - sizes * cost
        costs[kept] = np.maximum(joined / (sizes + sizes[kept] + sizes[gone]), cost)
        costs[kept, kept] = np.inf
        costs[:, kept] = costs[kept]
        costs[gone] = costs[:, gone] = np.inf
        sizes[kept] += sizes[gone]
        nodes[kept] = len(means) + step
    return MergeTree(tuple(documents.tolist()), tuple(tokens.tolist()), tuple(merges))


def recut(tree: MergeTree, count: int) -> NDArray[np.int64]:
    """Return the domain of every cell when the tree is cut at `count` domains: (n_cells,) int64.

    Domains are numbered 0..count-1 in the order of their first cells. A count above the number of cells leaves each
    cell a domain of its own.
    """
    n_cells = len(tree.documents)
    group = np.arange(n_cells)
    for step, (left, right, _) in enumerate(tree.merges[: max(n_cells - count, 0)]):
        group[(group == left) | (group == right)] = n_cells + step
    return _renumbered(group)


def natural_counts(tree: MergeTree, most: int) -> list[int]:
    """Return numbers of domains, at most `most`, the more natural first: where merge costs fall steeply, in logarithms.

    Without structure costs fall like a power of the number of domains; a natural cut is the k after which a further
    split gains far less than that: a large log(cost_k / cost_k+1) / log((k + 1) / k), where cost_k is that of
    merging k domains into k - 1. The ratio of costs alone names the first split nearly always. On the sample corpus,
    which has 17 labels, the steepest fall gives 19 or 20 (4 seeds; `benchmarks/domains.py --ablation`); the rule was
    chosen by looking at these labels.
    """
    costs = np.array([cost for _, _, cost in reversed(tree.merges)][:most])
    if len(costs) < 2:
        return [len(tree.documents)]
    counts = np.arange(2, len(costs) + 1)
    logs = np.log(np.maximum(costs, SMALLEST_COST))
    falls = (logs[:-1] - logs[1:]) / np.log((counts + 1) / counts)
    natural: list[int] = counts[np.argsort(-falls, kind="stable")].tolist()
    return natural


def absorb_small(
    domain: NDArray[np.int64], means: NDArray[np.float64], tokens: NDArray[np.int64], *, min_share: float
) -> NDArray[np.int64]:
    """Merge each domain below a share of the tokens into the one with the nearest mean, the smallest first.

    Args:
        domain: (n_cells,) int64, 0..k-1.
        means: (n_cells, d) float64; a domain's is that of its cells, weighted by tokens.
        tokens: (n_cells,) int64.
        min_share: of all tokens.
    """
    domain = domain.copy()
    while (k := int(domain.max()) + 1) > 1:
        shares = np.bincount(domain, tokens, k) / max(tokens.sum(), 1)
        smallest = int(shares.argmin())
        if shares[smallest] >= min_share:
            break
        centres = _centres(domain, means, tokens, k)
        distances = ((centres - centres[smallest]) ** 2).sum(axis=1)
        distances[smallest] = np.inf
        domain[domain == smallest] = int(distances.argmin())
        domain = _renumbered(domain)
    return domain


def cut(tree: MergeTree, means: NDArray[np.float64], count: int, *, min_share: float) -> NDArray[np.int64]:
    """Return the domain of every cell: `count` domains, each with at least `min_share` of the tokens.

    What is too small to be a domain is absorbed, and the tree is cut deeper until `count` domains stand; where that
    cannot be, as many as the cut at `count` leaves. Args and numbering as in `recut` and `absorb_small`.
    """
    tokens = np.array(tree.tokens, dtype=np.int64)
    cuts = (recut(tree, k) for k in range(count, len(tree.documents) + 1))
    tried = (absorb_small(domain, means, tokens, min_share=min_share) for domain in cuts)
    full = next((domain for domain in tried if domain.max() + 1 >= count), None)
    return absorb_small(recut(tree, count), means, tokens, min_share=min_share) if full is None else full


def numbered_by(domain: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the same domains numbered by falling tokens: (n_cells,) int64."""
    order = np.argsort(-np.bincount(domain, tokens), kind="stable")
    return np.argsort(order)[domain]


def _centres(domain: NDArray[np.int64], means: NDArray[np.float64], sizes: NDArray[np.int64], k: int) -> np.ndarray:
    sums = np.zeros((k, means.shape[1]))
    weights = np.maximum(sizes, 1).astype(np.float64)
    np.add.at(sums, domain, means * weights[:, None])
    return sums / np.bincount(domain, weights, k)[:, None]


def _renumbered(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number groups 0, 1, ... in the order of their first members."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
