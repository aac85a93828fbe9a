"""What mixture was a tokenizer trained on? Told from the order of its merges, by a linear programme.

Hayase et al. 2024 (Data mixture inference: what do BPE tokenizers reveal about their training data?, arXiv 2407.16607,
section 3). At every step the trainer merged the pair that was the most frequent in its corpus. With c[i, t, p] the
count of pair p in category i after the first t merges, over the category's pairs at the start, the true shares a meet
sum_i a[i] (c[i, t, merged] - c[i, t, p]) >= 0 for every other pair p; slack per merge and per pair takes up the noise
of the sampled texts, and the shares with the least slack are returned. Constraints are added as they are violated, as
in section 3.2, out of the pairs most frequent in any category. Deviations: that pool of competitors is bounded; counts
are over the pairs at the start at every step, so that a share means the same at all steps.

It serves to check a given tokenizer or, with a BPE trained on materialised shards, that they are composed as planned.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from tokenizers import Tokenizer

from mixpipe.audit.bpe_pairs import Pair, PairCounts, words_of
from mixpipe.errors import InputError

__all__ = ["Inference", "infer_mixture", "infer_tokenizer_mixture", "merges_of"]

# On three mixtures of three kinds of text the error (log10 MSE) was -4.5, -3.3 and -3.1 with 300 merges, and the same
# within 0.3 with 200 and with 440, in 3 s.
MERGES = 300
COMPETITORS = 40  # most frequent pairs of each category that a merge is compared with
ADDED = 10  # constraints of one merge added in one round
ROUNDS = 50
VIOLATION = 1e-9


@dataclass(frozen=True, eq=False)
class Inference:
    """An estimated mixture.

    Attributes:
        categories: the n names.
        pair_shares: (n,) float64 shares of the pairs in the training text.
        byte_shares: (n,) float64 the same in bytes of UTF-8, which is what corpora are measured in.
        slack: what is left unexplained, summed over merges and pairs, in shares of all pairs.
        merges: merges that were looked at.
    """

    categories: tuple[str, ...]
    pair_shares: np.ndarray
    byte_shares: np.ndarray
    slack: float
    merges: int


@dataclass(frozen=True, eq=False)
class _Constraints:
    """All that may be asked of the shares: rows of (gap of each category, merge, pair)."""

    gaps: np.ndarray
    merge: np.ndarray
    pair: np.ndarray


def infer_tokenizer_mixture(
    tokenizer: Tokenizer, texts: Mapping[str, Sequence[str]], *, merges: int = MERGES
) -> Inference:
    """Estimate the mixture that a BPE tokenizer was trained on.

    Args:
        tokenizer: of `tokenizers`, with a BPE model.
        texts: by category, a sample of its texts; a megabyte of each is plenty.
        merges: the most first merges to look at.

    Raises:
        InputError: the tokenizer is no BPE, or a category has no pair.
    """
    words = {name: words_of(tokenizer, sample) for name, sample in texts.items()}
    n_bytes = np.array([sum(len(text.encode("utf-8")) for text in sample) for sample in texts.values()], dtype=float)
    return infer_mixture(merges_of(tokenizer)[:merges], words, n_bytes)


def infer_mixture(merges: Sequence[Pair], words: Mapping[str, Mapping[str, int]], n_bytes: np.ndarray) -> Inference:
    """Estimate the mixture behind a list of merges.

    Args:
        merges: in the order of training.
        words: by category, words with their counts.
        n_bytes: (n,) bytes of UTF-8 that the words of each category stand for.

    Raises:
        InputError: there is no merge, no category, or a category has no pair.
    """
    counts = [PairCounts(sample) for sample in words.values()]
    totals = np.array([count.total for count in counts], dtype=float)
    if not merges or not words or (totals == 0).any():
        found = {name: int(total) for name, total in zip(words, totals, strict=True)}
        raise InputError(f"expected merges and categories with pairs of symbols, found {len(merges)} merges, {found}")
    shares, slack = _least_slack(_constraints(merges, counts, totals))
    in_bytes = shares * n_bytes / totals
    return Inference(tuple(words), shares, in_bytes / in_bytes.sum(), slack, len(merges))


def merges_of(tokenizer: Tokenizer) -> list[Pair]:
    """Return the merges of a BPE tokenizer in order.

    Raises:
        InputError: its model is another.
    """
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("type") != "BPE":
        raise InputError(f"expected a tokenizer with a BPE model, found {model.get('type')}; only BPE has merges")
    pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
    return [(left, right) for left, right in pairs]


def _constraints(merges: Sequence[Pair], counts: Sequence[PairCounts], totals: np.ndarray) -> _Constraints:
    """Replay the merges over all categories, noting how each beats the pairs that were the most frequent."""
    gaps, steps, pairs = [], [], []
    numbers: dict[Pair, int] = {}
    for step, merged in enumerate(merges):
        rivals = sorted({pair for count in counts for pair in count.top(COMPETITORS)} - {merged})
        own = np.array([count.counts[merged] for count in counts])
        table = np.array([[count.counts[pair] for count in counts] for pair in rivals]).reshape(-1, len(counts))
        gaps.append((own - table) / totals)
        steps += [step] * len(rivals)
        pairs += [numbers.setdefault(pair, len(numbers)) for pair in rivals]
        for count in counts:
            count.merge(merged)
    return _Constraints(np.concatenate(gaps), np.array(steps), np.array(pairs))


def _least_slack(every: _Constraints) -> tuple[np.ndarray, float]:
    """Return the shares (n,) with the least slack, and that slack; constraints join as they are violated."""
    n, steps, pairs = every.gaps.shape[1], int(every.merge.max(initial=0)) + 1, int(every.pair.max(initial=0)) + 1
    solution = np.concatenate([np.full(n, 1 / n), np.zeros(steps + pairs)])
    active = np.zeros(len(every.gaps), dtype=bool)
    for _ in range(ROUNDS):
        worst = _most_violated(every, solution, n, steps) & ~active
        if not worst.any():
            break
        active |= worst
        solution = _solve(every, active, n, steps, pairs)
    return solution[:n] / solution[:n].sum(), float(solution[n:].sum())


def _most_violated(every: _Constraints, solution: np.ndarray, n: int, steps: int) -> np.ndarray:
    """Return (rows,) bool: of every merge the few constraints that a solution violates the most."""
    left = every.gaps @ solution[:n] + solution[n + every.merge] + solution[n + steps + every.pair]
    order = np.lexsort((left, every.merge))
    place = np.arange(len(order)) - np.searchsorted(every.merge[order], every.merge[order])
    chosen = np.zeros(len(left), dtype=bool)
    chosen[order] = (place < ADDED) & (left[order] < -VIOLATION)
    return chosen


def _solve(every: _Constraints, active: np.ndarray, n: int, steps: int, pairs: int) -> np.ndarray:
    """Return shares and slacks, (n + steps + pairs,), under the active constraints."""
    rows = np.flatnonzero(active)
    gaps = coo_array(every.gaps[rows])
    ones = np.ones(len(rows))
    line = np.arange(len(rows))
    matrix = csr_array(
        (
            np.concatenate([-gaps.data, -ones, -ones]),
            (
                np.concatenate([gaps.coords[0], line, line]),
                np.concatenate([gaps.coords[1], n + every.merge[rows], n + steps + every.pair[rows]]),
            ),
        ),
        shape=(len(rows), n + steps + pairs),
    )
    cost = np.concatenate([np.zeros(n), np.ones(steps + pairs)])
    whole = csr_array(np.concatenate([np.ones(n), np.zeros(steps + pairs)])[None])
    found = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        cost, A_ub=matrix, b_ub=np.zeros(len(rows)), A_eq=whole, b_eq=np.ones(1), method="highs"
    )
    if not found.success:
        raise InputError(f"expected shares that explain the merges, found: {found.message}")
    return np.asarray(found.x)
