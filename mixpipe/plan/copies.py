"""From a domain's token budget to expected copies of its documents.

A document's share of the budget follows its quality: copies are proportional to 1 + strength (2q - 1), so strength 0
treats all alike and strength 1 gives the best twice the mean and the worst nearly nothing. Quality is read in 256
bins, because then token counts per bin are enough to hit the budget exactly, whatever the number of documents. No
document gets more than `max_epochs` expected copies: what the best cannot take flows to the next (water-filling).
Fractions become whole copies by `floor + [u < fraction]` with u a keyed hash of the id (see `cut.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError

__all__ = [
    "NEVER",
    "QUALITY_BINS",
    "Draft",
    "check_budget",
    "draft_copies",
    "expected_copies",
    "quality_bins",
    "quality_tilt",
    "shortfall",
]

QUALITY_BINS = 256  # one bin is 0.4 % of a domain's documents: quality is a percentile
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


def quality_bins(quality: NDArray[np.floating]) -> Ints:
    """Return the bin, 0 worst to 255 best, of each quality in 0..1: (n_docs,) int64."""
    return np.minimum((quality * QUALITY_BINS).astype(np.int64), QUALITY_BINS - 1)


def quality_tilt(strength: float) -> Floats:
    """Return the relative copies of each quality bin, mean 1: (256,) float64, all above 0."""
    middle = (np.arange(QUALITY_BINS) + 0.5) / QUALITY_BINS
    return 1.0 + strength * (2.0 * middle - 1.0)


def expected_copies(tokens: Ints, tilt: Floats, target_tokens: float, max_epochs: float) -> Floats:
    """Return copies per quality bin so that the copies hold exactly the target's tokens.

    Args:
        tokens: (n_bins,) int64, tokens of the eligible documents in each bin.
        tilt: (n_bins,) float64, relative copies before the cap, above 0.
        target_tokens: at most `max_epochs * tokens.sum()`.
        max_epochs: the most expected copies of a document.

    Returns:
        (n_bins,) float64, min(max_epochs, scale * tilt) for the one scale that meets the target.
    """
    order = np.argsort(-tilt, kind="stable")
    sizes, falling = tokens[order].astype(np.float64), tilt[order]
    full = max_epochs * (np.cumsum(sizes) - sizes)  # (n_bins,) tokens when the bins before this one are at the cap
    open_mass = np.cumsum((falling * sizes)[::-1])[::-1]  # (n_bins,) tilted tokens of this bin and those after it
    scale = np.divide(target_tokens - full, open_mass, out=np.full_like(full, np.inf), where=open_mass > 0)
    fits = scale * falling <= max_epochs
    chosen = scale[np.argmax(fits)] if fits.any() else np.inf  # none fits: the target is the whole capacity
    return np.minimum(max_epochs, chosen * tilt)


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
    wanted, most = targets.sum(), max_epochs * available.sum()
    needed = max((targets[d] / available[d] if available[d] else np.inf) for d in short)
    remedy = f"raise max_epochs to {np.ceil(needed):.0f}" if np.isfinite(needed) else "leave the empty domain out"
    raise ConfigError(
        f"expected budget_tokens within {max_epochs:g} epochs (max_epochs), found a shortfall of "
        f"{missing.sum():,.0f} tokens: {'; '.join(lines)}; lower budget_tokens from {wanted:,.0f} "
        f"(at most {most:,.0f}), {remedy}, or add documents"
    )


def draft_copies(expected: Floats, uniforms: Floats, max_epochs: Floats | float) -> Draft:
    """Split expected copies into those that are certain and a margin for one more.

    Args:
        expected: (n_docs,) float64, at most `max_epochs`.
        uniforms: (n_docs,) float64 in [0, 1), one draw per document.
        max_epochs: the most copies, rounded up; one for all, or (n_docs,) with 0 for the dropped.

    Returns:
        Floors and margins; with the cut at 0 a document has `floor + [u < fraction]` copies.
    """
    floor = np.floor(expected)
    margin = np.floor((uniforms - (expected - floor)) * MARGIN_SCALE).astype(np.int64)
    return Draft(floor.astype(np.int64), np.where(floor + 1 > np.ceil(max_epochs), NEVER, margin))
