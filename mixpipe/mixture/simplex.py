"""Mixture vectors: shares that are not negative and sum to 1, on a lattice so that they can be hashed and compared.

The lattice step is 2^-16, 0.0015 % of the budget: far below what any proxy can tell apart. A power of two, unlike
the 49,152 used elsewhere, makes every share an exact binary fraction: a mixture sums to exactly 1 in any order of
addition and survives float32. The price is that a third is not exact. Snapping is by largest remainder, ties to the
lower domain number.
"""

import numpy as np

from mixpipe.errors import InputError

__all__ = [
    "LATTICE",
    "SUM_TOLERANCE",
    "check_mixture",
    "effective_domains",
    "entropy",
    "lattice_key",
    "lattice_keys",
    "renormalise",
    "shares",
    "snap",
]

LATTICE = 65_536

# Published mixtures are rounded to three decimals: rows of 17 sum to .996-1.003. Beyond 2 % it is no mixture.
SUM_TOLERANCE = 0.02


def shares(amounts: np.ndarray) -> np.ndarray:
    """Return amounts (..., k), finite and not negative, divided by their sums.

    Raises:
        InputError: an amount is negative or not finite, or all are zero.
    """
    amounts = np.asarray(amounts, dtype=np.float64)
    totals = amounts.sum(axis=-1, keepdims=True)
    if not np.isfinite(amounts).all() or (amounts < 0).any() or (totals <= 0).any():
        raise InputError(f"expected finite amounts >= 0 with a positive sum, found {_bad_row(amounts)}")
    return np.asarray(amounts / totals)


def renormalise(weights: np.ndarray) -> np.ndarray:
    """Return mixtures (..., k) with sums of 1 to rounding, forgiving sums off by up to 2 %.

    Raises:
        InputError: a weight is negative or not finite, or a sum is further from 1.
    """
    weights = np.asarray(weights, dtype=np.float64)
    off = np.abs(weights.sum(axis=-1) - 1)
    if not (off <= SUM_TOLERANCE).all() or (weights < 0).any():
        raise InputError(
            f"expected shares >= 0 that sum to 1 within {SUM_TOLERANCE}, found {_bad_row(weights)}; "
            "mixtures are token shares, one per domain"
        )
    return shares(weights)


def check_mixture(weights: np.ndarray, domains: int) -> np.ndarray:
    """Return one mixture as (domains,) float64.

    Raises:
        InputError: another length, or not a mixture.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (domains,):
        raise InputError(f"expected a mixture of {domains} shares, found shape {weights.shape}")
    return renormalise(weights)


def snap(weights: np.ndarray) -> np.ndarray:
    """Return the mixtures (..., k) rounded to the lattice by largest remainder; the sums are exactly 1."""
    # Rounding to six decimals of a step keeps 2.9999999999 from being floored to 2 and so from falling below a floor.
    steps = np.round(renormalise(weights) * LATTICE, 6)
    counts = np.floor(steps)
    missing = LATTICE - counts.sum(axis=-1, keepdims=True)
    order = np.argsort(-(steps - counts), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return np.asarray((counts + (rank < missing)) / LATTICE)


def lattice_key(mixture: np.ndarray) -> bytes:
    """Return the hashable identity of one mixture (k,) on the lattice."""
    return lattice_keys(np.asarray(mixture)[None])[0]


def lattice_keys(mixtures: np.ndarray) -> list[bytes]:
    """Return the hashable identities of mixtures (n, k) on the lattice, many at a time for 1/20 of the cost each."""
    steps = np.rint(np.asarray(mixtures) * LATTICE).astype("<i8")
    width, data = steps.shape[1] * steps.itemsize, steps.tobytes()
    return [data[start : start + width] for start in range(0, len(data), width)]


def entropy(weights: np.ndarray) -> np.ndarray:
    """Return the Shannon entropy of mixtures (..., k) in nats."""
    logs = np.log(weights, where=weights > 0, out=np.zeros_like(weights))
    return np.asarray(-(weights * logs).sum(axis=-1))


def effective_domains(weights: np.ndarray) -> np.ndarray:
    """Return exp(entropy): 1 for a single domain, k for the uniform mixture of k."""
    return np.asarray(np.exp(entropy(weights)))


def _bad_row(rows: np.ndarray) -> str:
    rows = np.atleast_2d(rows).reshape(-1, rows.shape[-1])
    sums = rows.sum(axis=-1)
    bad = ~np.isfinite(rows).all(axis=-1) | (rows < 0).any(axis=-1) | ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    worst = int(np.argmax(bad))
    return f"row {worst}: sum {sums[worst]:.6g}, smallest {rows[worst].min():.6g}"
