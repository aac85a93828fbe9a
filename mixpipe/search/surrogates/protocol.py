"""What a surrogate is, and the door that every fit goes through.

`fit_surrogate` renormalises mixtures, leaves out rows without finite losses, standardises every target and answers
for targets that are constant or have too few trials; a surrogate's own `fit` may so assume clean standardised data.
Every fitted surrogate carries predictions for its own trials that were made without them, over the folds of
`folds`, in closed form where there is one. Honest errors thus cost `auto` nothing beyond its members.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from mixpipe.errors import InputError
from mixpipe.mixture.simplex import lattice_key, renormalise, snap

__all__ = ["Fitted", "FittedTargets", "Prediction", "Surrogate", "fit_surrogate", "folds"]

# Two points make a line through anything.
LEAST_TRIALS = 3


class Prediction(NamedTuple):
    """Losses foreseen.

    Attributes:
        mean: (q, m) float64.
        sd: (q, m) float64, standard deviation of the prediction.
    """

    mean: np.ndarray
    sd: np.ndarray


class Fitted(Protocol):
    """A surrogate after fitting."""

    @property
    def held_out(self) -> np.ndarray:
        """(n, m) predictions of the trials it was fitted on, each made without its fold."""
        ...

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures."""
        ...


class Surrogate(Protocol):
    """A regression from mixtures to losses, deterministic."""

    def fit(self, mixtures: np.ndarray, losses: np.ndarray) -> Fitted:
        """Fit (n, k) mixtures to (n, m) finite losses, each target of mean 0 and standard deviation 1."""
        ...


def folds(mixtures: np.ndarray) -> np.ndarray:
    """Return the fold (n,) int64 of each trial: ten folds up to 50 trials, else five; equal mixtures share theirs."""
    groups: dict[bytes, int] = {}
    group = np.array([groups.setdefault(lattice_key(row), len(groups)) for row in snap(mixtures)], dtype=np.int64)
    count = min(len(groups), 10 if len(groups) <= 50 else 5)
    order = np.random.default_rng(0).permutation(len(groups))
    return np.asarray(order[group] % max(count, 1))


@dataclass(frozen=True, eq=False)
class FittedTargets:
    """A surrogate fitted to losses in their own units.

    Attributes:
        held_out: (n, m) predictions made without the trial's fold; NaN on the rows that were left out.
        centre: (m,) means of the losses; NaN for a target without a finite loss.
        scale: (m,) standard deviations.
        blocks: targets (column numbers) and the surrogate fitted to them; targets in no block are predicted by
            their mean.
    """

    held_out: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    blocks: tuple[tuple[np.ndarray, Fitted], ...]

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses foreseen for (q, k) mixtures, in the units of the losses given."""
        mixtures = renormalise(mixtures)
        shape = (len(mixtures), len(self.centre))
        mean, sd = np.zeros(shape), np.ones(shape)
        for columns, fitted in self.blocks:
            mean[:, columns], sd[:, columns] = fitted.predict(mixtures)
        return Prediction(mean * self.scale + self.centre, sd * self.scale)


def fit_surrogate(surrogate: Surrogate, mixtures: np.ndarray, losses: np.ndarray) -> FittedTargets:
    """Fit a surrogate to measured losses, whatever is missing among them.

    Args:
        surrogate: see `load_surrogate`.
        mixtures: (n, k) shares; renormalised.
        losses: (n, m), NaN or infinite where a target was not measured. Targets that are constant, or measured in
            fewer than three trials, are predicted by their mean.
    """
    losses = np.asarray(losses, dtype=np.float64)
    if losses.ndim != 2 or len(mixtures) != len(losses):
        raise InputError(f"expected one row of losses per mixture, found {np.shape(mixtures)} and {losses.shape}")
    mixtures = renormalise(mixtures)
    finite = np.isfinite(losses)
    centre, scale, varies = _spread(np.where(finite, losses, np.nan))
    held_out = np.where(finite, centre, np.nan)
    blocks = []
    patterns = np.unique(finite[:, varies], axis=1) if varies.any() else np.empty((len(losses), 0), dtype=bool)
    for rows in patterns.T:  # targets measured on the same trials are fitted together
        columns = np.flatnonzero(varies & (finite == rows[:, None]).all(axis=0))
        fitted = surrogate.fit(mixtures[rows], (losses[np.ix_(rows, columns)] - centre[columns]) / scale[columns])
        held_out[np.ix_(rows, columns)] = fitted.held_out * scale[columns] + centre[columns]
        blocks.append((columns, fitted))
    return FittedTargets(held_out, centre, scale, tuple(blocks))


def _spread(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and standard deviation per target, and whether there is something to fit."""
    counts = np.isfinite(losses).sum(axis=0)
    centre = np.nansum(losses, axis=0) / np.where(counts, counts, np.nan)
    scale = np.sqrt(np.nansum((losses - centre) ** 2, axis=0) / np.maximum(counts - 1, 1))
    varies = (counts >= LEAST_TRIALS) & (scale > 1e-12 * np.maximum(1, np.abs(centre)))
    return centre, np.where(scale > 0, scale, 0.0), varies
