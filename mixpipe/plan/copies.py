"""From token budgets to expected copies of documents.

Whatever a maker prefers is read in 256 bins of its value, because then token counts per bin are enough to hit a budget
exactly, whatever the number of documents. No document gets more than `max_epochs` expected copies: what the preferred
cannot take flows to the next (water-filling), and what has no preference gets nothing. Fractions become whole copies by
`floor + [u < fraction]` with u a keyed hash of the id (see `cut.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError

__all__ = [
    "NEVER",
    "VALUE_BINS",
    "Draft",
    "bin_middles",
    "check_budget",
    "draft_copies",
    "expected_copies",
    "shortfall",
    "value_bins",
]

VALUE_BINS = 256  # one bin is 0.4 % of a domain's documents where the value is a percentile
MARGIN_SCALE = 2.0**52  # margins lie in [-1, 1): 53 bits, exact in int64 and in JSON
NEVER = 1 << 62  # the margin of a document that must not gain a copy
ROUNDING = 1e-9  # relative error of w * budget in float64, with room to spare

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Draft(NamedTuple):
    """Copies before the draw of the fractions.

    Attributes:
        floor: (n_docs,) int64, copies that are certain.
        margin: (n_docs,) int64, u - fraction in units of 2^-52; the lower, the sooner one more copy; NEVER: at the cap.
    """

    floor: Ints
    margin: Ints


def value_bins(values: NDArray[np.floating]) -> Ints:
    """Return the bin, 0 worst to 255 best, of each value in 0..1: (n_docs,) int64."""
    return np.minimum((values * VALUE_BINS).astype(np.int64), VALUE_BINS - 1)


def bin_middles() -> Floats:
    """Return the value in the middle of each bin: (256,) float64."""
    return (np.arange(VALUE_BINS) + 0.5) / VALUE_BINS


def expected_copies(tokens: Ints, preference: Floats, target_tokens: float, max_epochs: float) -> Floats:
    """Return copies per bin so that the copies hold exactly the target's tokens.

    Args:
        tokens: (n_bins,) int64, tokens of the eligible documents in each bin.
        preference: (n_bins,) float64 >= 0, relative copies before the cap; 0: none.
        target_tokens: at most `max_epochs` times the tokens of the bins with a preference.
        max_epochs: the most expected copies of a document.

    Returns:
        (n_bins,) float64, min(max_epochs, scale * preference) for the one scale that meets the target.
    """
    order = np.argsort(-preference, kind="stable")[: np.count_nonzero(preference)]
    sizes, falling = tokens[order].astype(np.float64), preference[order]
    full = max_epochs * (np.cumsum(sizes) - sizes)  # (n_bins,) tokens when the bins before this one are at the cap
    open_mass = np.cumsum((falling * sizes)[::-1])[::-1]  # (n_bins,) preferred tokens of this bin and those after it
    scale = np.divide(target_tokens - full, open_mass, out=np.full_like(full, np.inf), where=open_mass > 0)
    fits = scale * falling <= max_epochs
    chosen = scale[np.argmax(fits)] if fits.any() else np.inf  # none fits: the target is the whole capacity
    copies = np.zeros(len(tokens))
    copies[order] = np.minimum(max_epochs, chosen * falling)
    return copies


def shortfall(targets: Floats, available: Floats | Ints, max_epochs: float) -> Floats:
    """Return the tokens that cannot be had even when every document is repeated `max_epochs` times.

    Args:
        targets: (n_domains,) float64, tokens wanted.
        available: (n_domains,), tokens of the eligible documents.
        max_epochs: the most expected copies of a document.

    Returns:
        (n_domains,) float64, 0 where the target can be met.
    """
    missing = targets - max_epochs * available
    return np.where(missing > ROUNDING * targets, missing, 0.0)


def check_budget(targets: Floats, available: Floats | Ints, max_epochs: float, names: Sequence[str]) -> None:
    """Refuse a token budget that the epoch cap does not allow; needs no files, so it can come before any work.

    Args:
        targets: (n_domains,) float64, tokens wanted.
        available: (n_domains,), tokens of the eligible documents.
        max_epochs: the most expected copies of a document.
        names: of the domains; one name `corpus` before there are domains.

    Raises:
        ConfigError: names each domain that is short, by how many tokens, and the remedy.
    """
    missing = shortfall(targets, available, max_epochs)
    short = np.flatnonzero(missing).tolist()
    if not short:
        return
    lines = [
        f"{names[d]}: {targets[d]:,.0f} tokens wanted, {available[d]:,.0f} available, {missing[d]:,.0f} short"
        for d in short
    ]
    wanted = targets.sum()
    most = np.floor(wanted * min(max_epochs * available[d] / targets[d] for d in short))  # at these shares
    needed = max((targets[d] / available[d] if available[d] else np.inf) for d in short)
    remedy = f"raise max_epochs to {np.ceil(needed):.0f}" if np.isfinite(needed) else "leave the empty domain out"
    raise ConfigError(
        f"expected budget_tokens within {max_epochs:g} epochs (max_epochs), found a shortfall of "
        f"{missing.sum():,.0f} tokens: {'; '.join(lines)}; lower budget_tokens from {wanted:,.0f} "
        f"(at most {most:,.0f}), {remedy}, or add documents"
    )


def draft_copies(wanted: Floats, uniforms: Floats, room: Floats | float) -> Draft:
    """Split the copies wanted into those that are certain and a margin for one more.

    Args:
        wanted: (n_docs,) float64; below 0 for a document that had more than its due in an earlier phase.
        uniforms: (n_docs,) float64 in [0, 1), one draw per document.
        room: the most copies, rounded up; one for all, or (n_docs,) with 0 for the dropped.

    Returns:
        Floors and margins; with the cut at 0 a document has `floor + [u < fraction]` copies.
    """
    floor = np.clip(np.floor(wanted), 0, np.ceil(room))
    margin = np.floor(np.minimum((uniforms - (wanted - floor)) * MARGIN_SCALE, MARGIN_SCALE - 1)).astype(np.int64)
    return Draft(floor.astype(np.int64), np.where(floor + 1 > np.ceil(room), NEVER, margin))
