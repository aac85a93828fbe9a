"""Copies from the best down: one each until the target is met; then a second copy, again the best first."""

import numpy as np

from mixpipe.plan.makers.protocol import Filled

__all__ = ["BestFirst", "best_first"]


class BestFirst:
    """The preference of makers that want the best, or what was picked earliest, and as little else as can be."""

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the very copies that meet the target, (n_domains, 256) float64."""
        if filled.shared:
            row = best_first(filled.tokens.sum(axis=0), float(filled.targets.sum()), filled.max_epochs)
            return np.tile(row, (len(filled.tokens), 1))
        pairs = zip(filled.tokens, filled.targets.tolist(), strict=True)
        return np.stack([best_first(tokens, target, filled.max_epochs) for tokens, target in pairs])


def best_first(tokens: np.ndarray, target: float, max_epochs: float) -> np.ndarray:
    """Return copies per bin, (n_bins,) float64: one each from the last bin down until they hold the target, then more.

    Args:
        tokens: (n_bins,) int64, the best bin last.
        target: tokens wanted.
        max_epochs: the most copies of a document.
    """
    sizes = tokens[::-1].astype(np.float64)
    copies = np.zeros(len(sizes))
    better = np.cumsum(sizes) - sizes  # tokens of the bins before this one
    for level in range(int(np.ceil(max_epochs))):
        height = min(1.0, max_epochs - level)
        left = target - float(copies @ sizes) - height * better
        copies += np.divide(left, sizes, out=np.zeros_like(left), where=sizes > 0).clip(0, height)
    return copies[::-1]
