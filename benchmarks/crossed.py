"""Ways of marking documents against labelled groups, each with thresholds chosen on labels that do not judge it.

Thresholds are chosen on one half of the groups (of documents without a group one half too), the most right marks while
95 % of all are, and judged on the other: `crossed` is what both halves give when judged so. `chosen` is what thresholds
chosen on all give, `default` what the stage's own do. Intervals are of 95 %: of precision Clopper's and Pearson's, of a
gain in recall over the first way by drawing label groups again.
"""

from typing import Any

import numpy as np
from scipy.stats import binomtest

from benchmarks.together import DEFAULT, Marks, Texts

PRECISION = 0.95
DRAWS = 2000


def compared(texts: Texts, tried: list[tuple[str, dict[str, float], Marks]]) -> dict[str, Any]:
    """Return the figures of every way."""
    every, half = np.ones(len(texts.ids), bool), texts.halves()
    found: dict[str, Any] = {}
    base: dict[str, Marks] = {}
    for way in dict.fromkeys(name for name, _, _ in tried):
        choices = [(at, marks) for name, at, marks in tried if name == way]
        default = next(marks for at, marks in choices if at.items() <= DEFAULT.items())
        one, other = (best(choices, among)[1] for among in (half, ~half))
        crossed = Marks(*(np.where(half, b, a) for a, b in zip(one, other, strict=True)))
        at, chosen = best(choices, every)
        three = {"default": default, "crossed": crossed, "chosen": chosen}
        base = base or three  # the first way: near duplicates alone
        found[way] = {name: judged(texts, marks, base[name]) for name, marks in three.items()}
        found[way]["chosen"]["at"] = at
    return found


def best(choices: list[tuple[dict[str, float], Marks]], among: np.ndarray) -> tuple[dict[str, float], Marks]:
    """Return the choice of the most right marks, of equals of the fewest, of which 95 % are right among some texts."""
    counts = [(int(marks.right[among].sum()), int(marks.dropped[among].sum())) for _, marks in choices]
    allowed = [n for n, (right, dropped) in enumerate(counts) if right >= PRECISION * dropped]
    return choices[max(allowed, key=lambda n: (counts[n][0], -counts[n][1]))]


def judged(texts: Texts, marks: Marks, before: Marks) -> dict[str, Any]:
    """Return the figures of marks, of these what the marks of near duplicates alone have not, and the gain."""
    found = share(marks, marks.dropped)
    more = {"added": share(marks, ~before.dropped), "gain": gain(texts, before, marks)}
    return found | {"recall": found["right"] / texts.wanted()} | more


def share(marks: Marks, among: np.ndarray) -> dict[str, Any]:
    """Return how many of some texts are dropped, how many rightly, and the share with its interval."""
    right, dropped = int(marks.right[among].sum()), int(marks.dropped[among].sum())
    if not dropped:
        return {"dropped": 0, "right": 0}
    interval = list(binomtest(right, dropped).proportion_ci())
    return {"dropped": dropped, "right": right, "precision": right / dropped, "interval": interval}


def gain(texts: Texts, before: Marks, after: Marks) -> dict[str, Any]:
    """Return the gain in recall and its interval, over labelled groups drawn with replacement."""
    labelled = texts.groups != ""
    names, group, sizes = np.unique(texts.groups[labelled], return_inverse=True, return_counts=True)
    more = after.right[labelled].astype(float) - before.right[labelled]
    gains = np.bincount(group, weights=more)
    rng = np.random.default_rng(0)
    drawn = (rng.integers(0, len(names), len(names)) for _ in range(DRAWS))
    recalls = [gains[rows].sum() / max((sizes[rows] - 1).sum(), 1) for rows in drawn]
    low, high = np.quantile(recalls, [0.025, 0.975])
    return {"recall": gains.sum() / (sizes - 1).sum(), "interval": [float(low), float(high)]}
