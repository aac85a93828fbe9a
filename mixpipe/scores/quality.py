"""One quality per document from several measures, without labels, and its rank inside the domain.

`quality_raw` is the weighted geometric mean of the document's percentiles in the measures, over the sample: Fisher's
way to combine one-sided tests (1932, section 21.1). A mean of percentiles forgives one bad measure; this does not,
and nothing depends on the measures' scales. `quality` is the share of its domain's tokens (in the sample) that lie
below it, 1 best. `quality_raw` is the one to compare documents of different domains by; `quality` serves what orders
inside one (the plan's tilt, strata), while how much is read of a domain that is bad throughout is the search's matter.

Form is measured in five ways, content in two; weights halfway (geometrically) between all measures alike and both kinds
alike. Rules made for English web text are left out, since they fire on code, verse and other languages. Figures of the
default against hidden labels: `python -m benchmarks quality`.
"""

from collections.abc import Mapping

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State

__all__ = ["DEFAULT_BLEND", "Quality"]

DEFAULT_BLEND = {
    "texture_common": 1.0,
    "texture_compression": 1.0,
    "texture_spaces": 1.0,
    "texture_line_ends": 1.0,
    "texture_damage": -1.0,
    "perplexity": -1.5,
    "classifier": 1.5,
}
# A domain with fewer sampled documents is ranked against the whole sample.
FEWEST_DOCUMENTS = 16


class Quality:
    """The blend of the configured columns, and its percentile inside the document's domain."""

    columns = ("quality_raw", "quality")
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the blend, the sample's columns and the sample's blended scores by domain."""
        self._names = state["names"].tolist()
        self._weights, self._sorted = state["weights"], state["sorted"]
        self._ranks = {
            int(domain): (state[f"raw_{domain}"], state[f"mass_{domain}"]) for domain in state["domains"].tolist()
        }

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Sort the sample's columns and, by domain, its blended scores with the tokens below each.

        Raises:
            ConfigError: `quality` names a column that no earlier scorer gives, or no column has a weight.
        """
        blend = _blend(sample, config)
        names = sorted(blend)
        weights = np.array([blend[name] for name in names])
        columns = np.sort(np.stack([sample.column(name).astype(np.float64) for name in names]), axis=1)
        state: dict[str, np.ndarray] = {"names": np.array(names), "weights": weights, "sorted": columns}
        raw = _blended(sample, names, weights, columns)
        ranked = [-1]
        for domain in np.unique(sample.domains).tolist():
            if np.count_nonzero(sample.domains == domain) >= FEWEST_DOCUMENTS:
                ranked.append(domain)
        for domain in ranked:
            members = np.ones(len(raw), bool) if domain < 0 else sample.domains == domain
            state[f"raw_{domain}"], state[f"mass_{domain}"] = _ranking(raw[members], sample.tokens[members])
        return {**state, "domains": np.array(ranked)}

    def score(self, batch: Batch) -> Floats:
        """Return (n, 2): the blend in (0, 1), comparable across domains, and the percentile in [0, 1]."""
        raw = _blended(batch, self._names, self._weights, self._sorted)
        percentile = np.zeros(len(raw))
        for domain in np.unique(batch.domains).tolist():
            members = batch.domains == domain
            percentile[members] = _percentiles(raw[members], *self._ranks.get(domain, self._ranks[-1]))
        return np.column_stack([raw, percentile])


def _blend(sample: Sample, config: ScoresConfig) -> Mapping[str, float]:
    """Return the weights asked for, or those of the default blend whose scorers are configured."""
    chosen = config.quality or {name: w for name, w in DEFAULT_BLEND.items() if name in sample.columns}
    missing = [name for name in chosen if name not in sample.columns]
    if missing or not any(chosen.values()):
        raise ConfigError(
            f"expected weights of the columns {', '.join(sample.columns)} in scores.quality, found "
            f"{', '.join(missing) or 'none that is not 0'}; put their scorers before quality in scores.scorers"
        )
    return chosen


def _blended(batch: Batch, names: list[str], weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return (n,) float64: exp of the weighted mean log percentile; a negative weight turns the percentile round."""
    total = np.zeros(len(batch.texts))
    for name, weight, column in zip(names, weights, columns, strict=True):
        values = batch.column(name).astype(np.float64)
        middle = (np.searchsorted(column, values, "left") + np.searchsorted(column, values, "right")) / 2
        percentile = (middle + 0.5) / (len(column) + 1)
        total += abs(weight) * np.log(percentile if weight > 0 else 1 - percentile)
    return np.asarray(np.exp(total / np.abs(weights).sum()))


def _ranking(raw: np.ndarray, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sorted scores (n,) and the share of tokens before each (n + 1,)."""
    order = np.argsort(raw, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(np.maximum(tokens[order], 1), dtype=np.float64)])
    return raw[order], below / below[-1]


def _percentiles(raw: np.ndarray, reference: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return (n,) token shares below each score, half of what equals it included."""
    low, high = np.searchsorted(reference, raw, "left"), np.searchsorted(reference, raw, "right")
    return np.asarray((mass[low] + mass[high]) / 2)
