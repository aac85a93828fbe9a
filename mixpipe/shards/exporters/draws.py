"""How trainers draw from a blend: weights and a number of draws to counts by domain.

Trainers differ in this as much as in the unit. Runs of any length take under a second: beyond a limit random draws are
summed by their distribution, and the largest-deficit rule, which goes draw by draw (2 us each), starts near the end
from the counts that it is known to reach to within a sequence or two.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "Rule",
    "at_random",
    "in_blocks",
    "in_full",
    "largest_deficit",
    "until_all_are_read",
    "until_one_ends",
]

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
Draw: TypeAlias = Callable[[Floats, int, Floats, int], Counts]

BLOCK = 32_768  # sequences; levanter's blocks must be shorter than 2^16, and whole blocks are exact to 1 / BLOCK
STEPS = 100_000  # draws of the largest deficit that are gone through
SEQUENCE = 1_000_000  # independent draws that are drawn one by one


class Rule(NamedTuple):
    """A way to draw.

    Attributes:
        name: for people.
        draw: (k,) weights, number of draws, (k,) draws that lie there, seed to (k,) counts.
        within: draws by which a count differs from the wanted one at most, whatever the seed.
    """

    name: str
    draw: Draw
    within: float = np.inf


def _largest_deficit(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Draw from the domain furthest behind: draw i goes to argmax(w * max(i, 1) - drawn), the first of equals."""
    start = max(draws - STEPS, 0)
    shares, counts = weights / weights.sum(), _in_full(weights, start, rows, seed).astype(np.float64)
    wanted = np.empty_like(shares)
    for i in range(start, draws):
        np.multiply(shares, max(i, 1), out=wanted)
        wanted -= counts
        counts[wanted.argmax()] += 1
    return counts.astype(np.int64)


def _at_random(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Draw independently, with the generator and in the order of `datasets.interleave_datasets`: the same sequence."""
    del rows
    if draws > SEQUENCE:
        return np.random.default_rng(seed).multinomial(draws, weights / weights.sum())
    return np.bincount(_sequence(weights, draws, seed), minlength=len(weights))


def _until_all_are_read(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Draw at random until every domain was read to its end (`all_exhausted`); the others start again meanwhile."""
    need = np.maximum(np.ceil(rows), 1).astype(np.int64)
    if draws > SEQUENCE:
        return _summed_until_all_are_read(weights / weights.sum(), draws, need, seed)
    length = draws
    while True:
        drawn = _sequence(weights, length, seed)
        counts = np.bincount(drawn, minlength=len(weights))
        if (counts >= need).all():
            last = max(int(np.flatnonzero(drawn == d)[n - 1]) for d, n in enumerate(need))
            return np.bincount(drawn[: last + 1], minlength=len(weights))
        length *= 2


def _summed_until_all_are_read(shares: Floats, draws: int, need: Counts, seed: int) -> Counts:
    """Draw `draws`, then on until a domain that is short has its rows, then the next: the same law, without a sequence.

    No run ends before: `draws` is the sum of `need`, and somebody is short until each has what it needs.
    """
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(draws, shares)
    while (short := need - counts).max() > 0:
        domain = int(short.argmax())
        missed = rng.negative_binomial(short[domain], shares[domain])
        others = np.where(np.arange(len(shares)) == domain, 0, shares)
        counts = counts + rng.multinomial(missed, others / others.sum())
        counts[domain] = need[domain]
    return np.asarray(counts)


def _until_one_ends(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Draw independently until a domain has nothing left when it is drawn, `draws` at most."""
    need = np.maximum(np.floor(rows), 0).astype(np.int64)
    if draws > SEQUENCE:
        return _summed_until_one_ends(weights / weights.sum(), draws, need, seed)
    drawn = _sequence(weights, draws, seed)
    ends = [np.flatnonzero(drawn == d)[n : n + 1] for d, n in enumerate(need)]
    return np.bincount(drawn[: min((int(end[0]) for end in ends if len(end)), default=draws)], minlength=len(weights))


def _summed_until_one_ends(shares: Floats, draws: int, need: Counts, seed: int) -> Counts:
    """Draw `draws`, and halve the time in which a domain ends until one draw is left.

    The same law: draws have independent times, and of each domain's a binomial number lies in the first half.
    """
    rng = np.random.default_rng(seed)
    before, ahead = np.zeros(len(shares), np.int64), rng.multinomial(draws, shares)
    if (ahead <= need).all():
        return np.asarray(ahead)
    while ahead.sum() > 1:
        half = rng.binomial(ahead, 0.5)
        if (before + half <= need).all():
            before, ahead = before + half, ahead - half
        else:
            ahead = half
    return before


def _in_full(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Read fixed numbers: largest remainders of weights * draws, summing to `draws`."""
    del rows, seed
    wanted = weights / weights.sum() * draws
    counts = np.floor(wanted + 1e-9).astype(np.int64)
    counts[np.argsort(counts - wanted, kind="stable")[: draws - int(counts.sum())]] += 1
    return np.asarray(counts)


def _in_blocks(weights: Floats, draws: int, rows: Floats, seed: int) -> Counts:
    """Read blocks of the same numbers, rounded down and the rest from the largest domain, as levanter does."""
    del rows
    block = np.floor(weights / weights.sum() * BLOCK).astype(np.int64)
    block[block.argmax()] += BLOCK - block.sum()
    whole, rest = divmod(draws, BLOCK)
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(block)), block))
    return np.asarray(whole * block + np.bincount(order[:rest], minlength=len(block)))


def _sequence(weights: Floats, draws: int, seed: int) -> Counts:
    return np.random.default_rng(seed).choice(len(weights), size=draws, p=weights / weights.sum())


largest_deficit = Rule("the domain furthest behind its share", _largest_deficit, within=2)
at_random = Rule("independent draws", _at_random)
until_all_are_read = Rule("independent draws until every domain was read", _until_all_are_read)
until_one_ends = Rule("independent draws until a domain ends", _until_one_ends)
in_full = Rule("fixed numbers", _in_full, within=1)
in_blocks = Rule(f"fixed numbers in every block of {BLOCK}", _in_blocks)
