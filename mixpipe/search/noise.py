"""The noise floor: how far the losses of one mixture differ between seeds, and how much of the spread is signal.

Variances are pooled over every mixture that was tried with several seeds at one fidelity, and the standard deviation
is freed of its small-sample bias (c4: 0.80 with two seeds, 0.89 with three). Three seeds still leave it uncertain, so
the one-sided 95 % upper limit (chi-square) is given beside it. Differences below two standard deviations are ties.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import gammaln
from scipy.stats import chi2

from mixpipe.mixture.simplex import lattice_key
from mixpipe.search.objective import Objective
from mixpipe.search.trials import Trial, losses, usable
from mixpipe.store.fingerprint import Json

__all__ = ["MINIMUM_SNR", "Noise", "NoiseFloor", "noise_floor"]

# Below 2, seeds explain more than a fifth of the variance over trials and the surrogate chases them.
MINIMUM_SNR = 2.0


@dataclass(frozen=True)
class Noise:
    """Seed noise of one target, or of the objective.

    Attributes:
        sd: unbiased standard deviation between seeds; None without repeated seeds.
        upper: its one-sided 95 % upper limit.
        snr: standard deviation between mixtures, the noise taken out, over `sd`; None when there is no noise figure.
    """

    sd: float | None
    upper: float | None
    snr: float | None


@dataclass(frozen=True)
class NoiseFloor:
    """Seed noise of every target and of the objective.

    Attributes:
        targets: by target name; bits per byte.
        objective: in units of the objective.
        degrees: degrees of freedom behind the figures: seeds beyond the first, summed over mixtures.
    """

    targets: dict[str, Noise]
    objective: Noise
    degrees: int

    @property
    def weak(self) -> dict[str, float]:
        """The targets whose signal is below twice the noise, with the ratio: no search can serve them."""
        return {name: n.snr for name, n in self.targets.items() if n.snr is not None and n.snr < MINIMUM_SNR}

    def record(self) -> dict[str, Json]:
        """Return the figures as JSON."""
        return asdict(self)


def noise_floor(trials: Sequence[Trial], targets: Sequence[str], objective: Objective) -> NoiseFloor:
    """Measure the noise from trials that repeat a mixture with other seeds.

    Args:
        trials: all trials of the search; failed ones are left out.
        targets: the m target names.
        objective: maps losses (n, m) to one number.
    """
    good = usable(trials)
    values = losses(good, targets)
    columns = np.column_stack([values, objective.value(values)])  # (n, m + 1)
    groups: dict[tuple[bytes, int, int], list[int]] = {}
    for row, trial in enumerate(good):
        groups.setdefault((lattice_key(trial.mixture), trial.model_size, trial.tokens), []).append(row)
    squares, degrees = np.zeros(columns.shape[1]), 0
    for rows in groups.values():
        squares += ((columns[rows] - columns[rows].mean(axis=0)) ** 2).sum(axis=0)
        degrees += len(rows) - 1
    means = np.array([columns[rows].mean(axis=0) for rows in groups.values()]).reshape(-1, columns.shape[1])
    figures = [_noise(squares[i], degrees, means[:, i]) for i in range(columns.shape[1])]
    return NoiseFloor(dict(zip(targets, figures[:-1], strict=True)), figures[-1], degrees)


def _noise(squares: float, degrees: int, means: np.ndarray) -> Noise:
    """Return the figures from a pooled sum of squares and the means of the mixtures."""
    if degrees == 0:
        return Noise(None, None, None)
    variance = squares / degrees
    sd = float(np.sqrt(variance) / _c4(degrees))
    upper = float(np.sqrt(squares / chi2.ppf(0.05, degrees)))
    if len(means) < 2 or sd == 0:
        return Noise(sd, upper, None)
    signal = max(float(means.var(ddof=1)) - variance, 0.0)
    return Noise(sd, upper, float(np.sqrt(signal) / sd))


def _c4(degrees: int) -> float:
    """Return E[sample sd] / sd for so many degrees of freedom."""
    return float(np.sqrt(2 / degrees) * np.exp(gammaln((degrees + 1) / 2) - gammaln(degrees / 2)))
