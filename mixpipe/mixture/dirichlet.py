"""The tempered Dirichlet sampler: mixtures around the natural one, from nearly natural to nearly single-domain.

Liu et al. 2024 (RegMix, arXiv 2407.01492, released sampler): temper the prior (q = p^0.5 / sum), draw from
Dirichlet(strength * q) with one of 15 log-spaced strengths in 0.1..5, refuse draws above the caps. The caps and not
the prior decide how much of the tail is explored, so how many were refused and the mean of the others is returned with
them. Deviations: shares below 2e-4 become 0 as there, but mixtures stay off the lattice: whoever uses them settles them
on it. Under caps of a few times their shares, many domains of like size leave nothing (not one of 200,000 draws of 40
domains under 4 times): where too few are accepted, refused ones are projected under the caps to fill up.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import shares
from mixpipe.store.fingerprint import Json

__all__ = ["Draws", "Tempering", "tempered_dirichlet"]

# As released: at most 100 draws for every mixture asked for.
OVERSAMPLING = 100


@dataclass(frozen=True)
class Tempering:
    """How far the draws stray from the prior.

    Attributes:
        temperature: exponent on the prior; 1 keeps it, 0 makes it uniform.
        weakest: the smallest strength; its draws lie near single domains.
        strongest: the largest strength; its draws lie nearer the prior.
        strengths: how many, log-spaced.
        smallest: shares below become 0.
    """

    temperature: float = 0.5
    weakest: float = 0.1
    strongest: float = 5.0
    strengths: int = 15
    smallest: float = 2e-4


class Draws(NamedTuple):
    """What was drawn.

    Attributes:
        mixtures: (n, k) float64, projected ones last; n falls short of what was asked only under caps that no mixture
            meets.
        drawn: all draws.
        refused: how many of them the caps refused.
        mean: (k,) float64 of all accepted draws; zeros when there are none.
    """

    mixtures: np.ndarray
    drawn: int
    refused: int
    mean: np.ndarray

    @property
    def acceptance(self) -> float:
        """Accepted share of all draws."""
        return 1 - self.refused / max(self.drawn, 1)

    def record(self) -> dict[str, Json]:
        """Return the figures as JSON, without the mixtures."""
        return {"drawn": self.drawn, "refused": self.refused, "mean": self.mean.tolist()}


def tempered_dirichlet(
    prior: np.ndarray,
    count: int,
    rng: np.random.Generator,
    *,
    caps: np.ndarray | None = None,
    tempering: Tempering | None = None,
) -> Draws:
    """Draw mixtures around a prior.

    Args:
        prior: (k,) float64, usually the natural shares.
        count: mixtures wanted.
        rng: where the randomness comes from.
        caps: (k,) largest share of each domain, draws above are refused, and projected only for want of others; None
            refuses none.
        tempering: how far to stray; None is the published setting.
    """
    tempering = tempering or Tempering()
    accepted, refused = [np.empty((0, len(prior)))], np.empty((0, len(prior)))
    drawn = kept = 0
    while kept < count and drawn < OVERSAMPLING * count:
        batch = _draw(prior, max(64, count), rng, tempering)
        drawn += len(batch)
        if caps is not None:
            under = (batch <= caps).all(axis=1)
            refused = np.concatenate([refused, batch[~under][: count - len(refused)]])
            batch = batch[under]
        kept += len(batch)
        accepted.append(batch)
    every = np.concatenate(accepted)
    mean = every.mean(axis=0) if kept else np.zeros(len(prior))
    if caps is not None and kept < count and caps.sum() >= 1:
        bounds = Constraints(np.zeros(len(prior)), np.minimum(caps, 1))
        every = np.concatenate([every, bounds.project(refused[: count - kept])])
    mixtures = np.where(every[:count] < min(tempering.smallest, 1 / len(prior)), 0, every[:count])
    return Draws(shares(mixtures), drawn, drawn - kept, mean)


def _draw(prior: np.ndarray, count: int, rng: np.random.Generator, tempering: Tempering) -> np.ndarray:
    tempered = shares(np.where(prior > 0, prior, 0) ** tempering.temperature * (prior > 0))
    strengths = np.geomspace(tempering.weakest, tempering.strongest, tempering.strengths)
    picks = rng.integers(len(strengths), size=count)
    draws = np.zeros((count, len(prior)))
    present = np.flatnonzero(tempered)
    for index, strength in enumerate(strengths):
        rows = np.flatnonzero(picks == index)
        draws[np.ix_(rows, present)] = rng.dirichlet(strength * tempered[present], size=len(rows))
    return draws
