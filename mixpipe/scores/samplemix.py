"""SampleMix's diversity and weight of a document (Xi et al. 2025, arXiv 2503.01506; structure after Abbas et al. 2024).

Diversity is compactness (mean distance of the domain's documents to their centre) times separation (mean distance of
the centre to the 20 nearest others): large where documents are spread and far from the rest. Min-max scaled after
cutting 1 % of the documents at either end, since one odd domain would otherwise set the scale. weight = 0.8
diversity + 0.2 quality; the plan turns weights into copies. Deviations: cells are the domains, and a domain of one
document, whose compactness says nothing, takes the mean of the others. Duplicates are left out of the sums, or they
would make their domain look dense.
"""

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State

__all__ = ["ALPHA", "SampleMix", "domain_diversity", "weights"]

ALPHA = 0.8
NEAREST = 20
CUT = 0.01


class SampleMix:
    """Diversity of the document's domain, and its sampling weight together with quality; both in [0, 1]."""

    columns = ("samplemix_diversity", "samplemix_weight")
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the diversity of every domain and the range of quality."""
        self._diversity, self._range = state["diversity"], state["quality_range"]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Measure every domain, and scale by the documents' 1st and 99th percentile."""
        diversity = domain_diversity(sample.domain_sums, sample.domain_counts)
        held = sample.domain_counts > 0
        diversity[~held] = diversity[held].mean()  # documents may come later, when the scorers are frozen
        order = np.argsort(diversity)
        below = np.cumsum(sample.domain_counts[order]) / sample.domain_counts.sum()
        low, high = diversity[order][np.searchsorted(below, [CUT, 1 - CUT])]
        quality = np.quantile(sample.column("quality"), [CUT, 1 - CUT])
        return {"diversity": _scaled(diversity, low, high), "quality_range": quality}

    def score(self, batch: Batch) -> Floats:
        """Return (n, 2)."""
        diversity = self._diversity[batch.domains]
        quality = _scaled(batch.column("quality"), *self._range)
        return np.column_stack([diversity, weights(diversity, quality)])


def weights(diversity: np.ndarray, quality: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """Return alpha * diversity + (1 - alpha) * quality, all (n,) in [0, 1]."""
    return alpha * diversity + (1 - alpha) * quality


def domain_diversity(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return (domains,) compactness times separation, in cosine distance.

    Args:
        sums: (domains, dimensions) float64, sums of unit vectors.
        counts: (domains,) int64, the vectors in each sum; an empty domain gets 0.
    """
    lengths = np.linalg.norm(sums, axis=1)
    # The mean of 1 - x.c over a domain, with c its sum at unit length, is 1 - |sum| / n: one pass is enough.
    compactness = 1 - lengths / np.maximum(counts, 1)
    several = counts > 1
    compactness[~several] = compactness[several].mean() if several.any() else 1.0
    centres = sums / np.maximum(lengths, np.finfo(np.float64).tiny)[:, None]
    apart = 1 - centres[counts > 0] @ centres[counts > 0].T
    np.fill_diagonal(apart, np.inf)
    others = min(NEAREST, len(apart) - 1)
    separation = np.zeros(len(counts))
    separation[counts > 0] = np.sort(apart, axis=1)[:, :others].mean(axis=1) if others > 0 else 1.0
    return np.asarray(np.maximum(compactness, 0) * separation)


def _scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return (n,) values from low..high to 0..1, cut at both ends; one half where there is no range."""
    if high <= low:
        return np.full(len(values), 0.5)
    return np.clip((values - low) / (high - low), 0, 1)
