"""Copies for makers whose value is a rank: all documents as often as the budget goes round, the best once more.

For a budget below the domain's tokens: the best documents once, until it is met, and the others never. The bin in
which the budget ends gets what is left, by the keyed draw of the common layer.
"""

import numpy as np

from mixpipe.plan.makers.protocol import Filled

__all__ = ["best_first"]


def best_first(filled: Filled) -> np.ndarray:
    """Return (n_domains, 256) float64, the copies of each bin that meet the targets exactly, 255 served first.

    With targets above what the epoch cap allows, every bin is at the cap.
    """
    tokens = filled.tokens.astype(np.float64)
    total = tokens.sum(axis=1, keepdims=True)
    rounds = np.divide(filled.targets[:, None], total, out=np.zeros_like(total), where=total > 0)
    whole = np.minimum(np.floor(rounds), filled.max_epochs)
    step = np.minimum(1.0, filled.max_epochs - whole)  # below 1 where the cap is no whole number
    left = np.clip(filled.targets[:, None] - whole * total, 0.0, step * total)
    better = np.cumsum(tokens[:, ::-1], axis=1)[:, ::-1] - tokens  # (n_domains, 256) tokens of the bins above
    room = np.clip(left - step * better, 0.0, step * tokens)
    return np.asarray(whole + np.divide(room, tokens, out=np.zeros_like(tokens), where=tokens > 0))
