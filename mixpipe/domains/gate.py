"""The structure gate: whether the domains found leave a mixture anything to choose.

One domain that holds most of the tokens, or shares far from even, mean that the clustering failed (one language among
several, one template repeated) and that a search over mixtures would tune noise. The same figures are judged on the
sample, before every document is assigned, and again afterwards. Drift compares shares by the Jensen-Shannon
divergence in bits: 0 for equal shares, 1 for disjoint ones (Lin, IEEE Transactions on Information Theory 37, 1991).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import GateError

__all__ = ["GATE_FILE", "StructureProblem", "check_structure", "divergence", "structure", "structure_problem"]

GATE_FILE = "gate.json"
# Of two or three domains one may always hold more than half: the limit is never below 1.5 times an even share.
ABOVE_EVEN = 1.5


class StructureProblem(NamedTuple):
    """Why domains are refused."""

    expected: str
    found: str
    remedy: str


def structure(tokens: NDArray[np.int64]) -> dict[str, float]:
    """Return `domains`, `largest_share` and `entropy` (of the shares over log(domains), 0..1) of tokens by domain."""
    shares = tokens / max(tokens.sum(), 1)
    held = shares[shares > 0]
    entropy = float(-(held * np.log(held)).sum() / np.log(len(shares))) if len(shares) > 1 else 0.0
    return {"domains": len(shares), "largest_share": float(shares.max(initial=0)), "entropy": entropy}


def check_structure(figures: Mapping[str, float], *, max_largest_share: float, min_entropy: float, where: str) -> None:
    """Refuse domains that a mixture cannot be sought over.

    Args:
        figures: of `structure`.
        max_largest_share: the most tokens that one domain may hold.
        min_entropy: the least evenness.
        where: what was judged, for the message.

    Raises:
        GateError: fewer than two domains, or shares too uneven; the message gives figures and remedies.
    """
    if wrong := structure_problem(figures, max_largest_share=max_largest_share, min_entropy=min_entropy):
        raise GateError(f"expected {wrong.expected}, found {wrong.found} in {where}; {wrong.remedy}")


def structure_problem(
    figures: Mapping[str, float], *, max_largest_share: float, min_entropy: float
) -> StructureProblem | None:
    """Return why a mixture cannot be sought over domains with these figures; None where it can. Args as above."""
    n_domains, largest, entropy = int(figures["domains"]), figures["largest_share"], figures["entropy"]
    if n_domains < 2:
        return StructureProblem(
            "at least 2 domains to mix",
            f"{n_domains}",
            "give more distinct documents, or lower domains.min_share",
        )
    limit = max(max_largest_share, ABOVE_EVEN / n_domains)
    if largest > limit:
        return StructureProblem(
            f"the largest of {n_domains} domains to hold at most {limit:.1%} of the tokens",
            f"{largest:.1%}",
            f"set domains.count above {n_domains}, or raise domains.max_largest_share to go on regardless",
        )
    if entropy < min_entropy:
        return StructureProblem(
            f"an entropy of at least {min_entropy:.2f} of the shares of {n_domains} domains",
            f"{entropy:.2f}",
            "change domains.count, or lower domains.min_entropy to go on regardless",
        )
    return None


def divergence(old: NDArray[np.int64], new: NDArray[np.int64]) -> float:
    """Return the Jensen-Shannon divergence in bits, 0..1, between two vectors of tokens by domain, each not all 0."""
    left, right = old / old.sum(), new / new.sum()
    middle = (left + right) / 2
    return float(max(0.0, (_relative_entropy(left, middle) + _relative_entropy(right, middle)) / 2))


def _relative_entropy(shares: NDArray[np.float64], base: NDArray[np.float64]) -> float:
    held = shares > 0
    return float((shares[held] * np.log2(shares[held] / base[held])).sum())
