"""Where a value stands among those of a sample: the share of the weight below it.

Equal values are spread over the share that they hold together by a keyed hash of the id, so a threshold inside them
takes some of them, whatever their order, and a constant column becomes a random one.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.plan.makers.protocol import State
from mixpipe.store.draws import keyed_uniforms

__all__ = ["fit_ranks", "ranks"]


def fit_ranks(values: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> State:
    """Sort a sample by group and value.

    Args:
        values: (n,) finite.
        weights: (n,) above 0, what each counts: documents or tokens.
        groups: (n,) int, in which each is ranked.

    Returns:
        `groups` (g,), and by group number `values_<g>` (m,) sorted and `mass_<g>` (m + 1,) the share before each.
    """
    present = np.unique(groups)
    state = {"groups": present}
    for group in present.tolist():
        mine = np.flatnonzero(groups == group)
        mine = mine[np.argsort(values[mine], kind="stable")]
        mass = np.concatenate([[0.0], np.cumsum(weights[mine], dtype=np.float64)])
        state |= {f"values_{group}": values[mine], f"mass_{group}": mass / mass[-1]}
    return state


def ranks(values: np.ndarray, ids: Sequence[str], groups: np.ndarray, state: State) -> np.ndarray:
    """Return (n,) float64 in 0..1: the share of the sample's group below each value; a group not sampled: one half."""
    found, uniforms = np.full(len(values), 0.5), keyed_uniforms(ids, "plan:ties")
    for group in np.intersect1d(groups, state["groups"]).tolist():
        mine, sample, mass = groups == group, state[f"values_{group}"], state[f"mass_{group}"]
        first, last = (np.searchsorted(sample, values[mine], side) for side in ("left", "right"))
        equal = np.maximum(last - first, 1)
        place = (np.floor(uniforms[mine] * equal) + 0.5) / equal  # the middle of one of its equals' places
        found[mine] = mass[first] + place * (mass[last] - mass[first])
    return found.clip(0, 1)
