"""How candidates differ where quality strata are searched: by domain, and by a tilt towards quality that domains share.

Were every cell drawn by itself, the shares of domains, sums over strata, would hardly move, and what quality is worth
would have to be learned of each domain alone. So draws are of domains, and copies in a domain's strata rise as
exp(tilt * height), height from -1 (worst) to 1 (best); the tilt is common to all domains, but for a little of each
one's own. Our own; that quality and domains are drawn together is QuaDMix' (Liu et al. 2025, arXiv 2504.16511).
"""

import numpy as np

__all__ = ["cell_noise", "tilted"]

# From somewhat worse documents first to e^4 times as many copies of the best as of the worst.
LEAST_TILT, MOST_TILT = -0.5, 2.0
OWN = 0.5  # standard deviation of a domain's own tilt, relative to a common one of 1


def tilted(domains: np.ndarray, natural: np.ndarray, strata: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n, k * strata) shares of cells for (n, k) shares of domains, every row under a tilt of its own.

    Args:
        domains: (n, k) float64.
        natural: (k * strata,) the share of each cell in the corpus.
        strata: of each domain, best last.
        rng: where the tilts come from.
    """
    common = rng.uniform(LEAST_TILT, MOST_TILT, size=(len(domains), 1))
    tilts = common + OWN * rng.standard_normal(domains.shape)
    cells = natural.reshape(-1, strata) * np.exp(tilts[:, :, None] * _heights(strata))
    totals = cells.sum(axis=2, keepdims=True)
    inside = np.divide(cells, totals, out=np.zeros_like(cells), where=totals > 0)
    return np.asarray((domains[:, :, None] * inside).reshape(len(domains), -1))


def cell_noise(count: int, domains: int, strata: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, domains * strata) random logarithms: standard normal for each domain, plus those of its tilt."""
    noise = rng.standard_normal((count, domains))
    if strata == 1:
        return noise
    tilts = rng.standard_normal((count, 1)) + OWN * rng.standard_normal((count, domains))
    return np.asarray((noise[:, :, None] + tilts[:, :, None] * _heights(strata)).reshape(count, -1))


def _heights(strata: int) -> np.ndarray:
    """Return where the strata's middles lie between the worst document (-1) and the best (1), (strata,) float64."""
    return (2 * np.arange(strata) + 1) / strata - 1
