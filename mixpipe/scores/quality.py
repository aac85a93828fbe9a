"""One quality per document from several measures, without labels, and its rank inside the domain.

Measures are blended by the weighted geometric mean of the document's percentiles in them, over the sample: Fisher's
way to combine one-sided tests (1932, section 21.1). A mean of percentiles forgives one bad measure; this does not,
and nothing depends on the measures' scales. `quality` is the share of the corpus's tokens (in the sample) whose blend
is lower, 1 best: it compares any two documents. `quality_rank` is the same share of the document's own domain, for what
orders inside one (the plan's tilt, strata), while how much is read of a domain that is bad throughout is the search's
matter: there the best rank is bad too.

Form is measured in five ways, content in two or, with `ngram_classifier`, three: weights halfway (geometrically)
between all measures alike and both kinds alike. Rules made for English web text are left out, since they fire on code,
verse and other languages. Figures of the default against hidden labels: `python -m benchmarks quality`.

`scores.quality_by_domain` gives a domain weights of its own: the merge of QuaDMix (Liu et al. 2025, arXiv 2504.16511,
equation 1, weights alpha of score and domain). Deviations: percentiles are joined by their geometric mean, not their
sum, and more is better, where the paper has less is better.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

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
    "ngram_classifier": 1.5,
}
# A domain with fewer sampled documents is ranked against the whole sample.
FEWEST_DOCUMENTS = 16


class Quality:
    """The percentile of the blended columns in the corpus, and inside the document's domain."""

    columns = ("quality", "quality_rank")
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the blend, the sample's columns and the sample's blended scores by domain."""
        self._blend = Blend(state["names"].tolist(), state["weights"], state["sorted"])
        self._ranks = {
            int(domain): (state[f"raw_{domain}"], state[f"mass_{domain}"]) for domain in state["domains"].tolist()
        }

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Sort the sample's columns and, by domain, its blended scores with the tokens below each.

        Raises:
            ConfigError: `quality` names a column that no earlier scorer gives, or no column has a weight.
        """
        weights = _weights(sample, config)
        names = sorted({name for row in weights for name in row})
        matrix = np.array([[row.get(name, 0.0) for name in names] for row in weights])
        columns = np.sort(np.stack([sample.column(name).astype(np.float64) for name in names]), axis=1)
        state: dict[str, np.ndarray] = {"names": np.array(names), "weights": matrix, "sorted": columns}
        raw = Blend(names, matrix, columns).of(sample)
        ranked = [-1]
        for domain in np.unique(sample.domains).tolist():
            if np.count_nonzero(sample.domains == domain) >= FEWEST_DOCUMENTS:
                ranked.append(domain)
        for domain in ranked:
            members = np.ones(len(raw), bool) if domain < 0 else sample.domains == domain
            state[f"raw_{domain}"], state[f"mass_{domain}"] = _ranking(raw[members], sample.tokens[members])
        return {**state, "domains": np.array(ranked)}

    def score(self, batch: Batch) -> Floats:
        """Return (n, 2) in [0, 1]: the percentile in the corpus and the one inside the domain."""
        raw = self._blend.of(batch)
        inside = np.zeros(len(raw))
        for domain in np.unique(batch.domains).tolist():
            members = batch.domains == domain
            inside[members] = _percentiles(raw[members], *self._ranks.get(domain, self._ranks[-1]))
        return np.column_stack([_percentiles(raw, *self._ranks[-1]), inside])


def _weights(sample: Sample, config: ScoresConfig) -> list[Mapping[str, float]]:
    """Return the weights of every domain, and last those of a domain without its own."""
    general = _checked(config.quality, sample, "scores.quality") if config.quality else _default(sample)
    own = config.quality_by_domain
    if unknown := [name for name in own if name not in sample.domain_names]:
        raise ConfigError(
            f"expected domains among {', '.join(sample.domain_names)} in scores.quality_by_domain, found "
            f"{', '.join(unknown)}; domains.parquet of the stage domains has their names"
        )
    rows = [
        _checked(own[n], sample, f"scores.quality_by_domain.{n}") if n in own else general for n in sample.domain_names
    ]
    return [*rows, general]


def _default(sample: Sample) -> Mapping[str, float]:
    """Return the default blend of the scorers that are configured."""
    return _checked({n: w for n, w in DEFAULT_BLEND.items() if n in sample.columns}, sample, "scores.quality")


def _checked(chosen: Mapping[str, float], sample: Sample, field: str) -> Mapping[str, float]:
    missing = [name for name in chosen if name not in sample.columns]
    if missing or not any(chosen.values()):
        raise ConfigError(
            f"expected weights of the columns {', '.join(sample.columns)} in {field}, found "
            f"{', '.join(missing) or 'none that is not 0'}; put their scorers before quality in scores.scorers"
        )
    return chosen


class Blend(NamedTuple):
    """How columns become one number.

    Attributes:
        names: of the columns.
        weights: (domains + 1, columns) float64, the last row for domains beyond; negative: less is better.
        columns: (columns, sampled documents) float64, rising: what percentiles are taken among.
    """

    names: Sequence[str]
    weights: np.ndarray
    columns: np.ndarray

    def of(self, batch: Batch) -> np.ndarray:
        """Return (n,) float64: exp of the weighted mean log percentile, turned round where the weight is negative."""
        weights = self.weights[np.minimum(batch.domains, len(self.weights) - 1)]
        total = np.zeros(len(batch.texts))
        for name, weight, column in zip(self.names, weights.T, self.columns, strict=True):
            values = batch.column(name).astype(np.float64)
            middle = (np.searchsorted(column, values, "left") + np.searchsorted(column, values, "right")) / 2
            percentile = (middle + 0.5) / (len(column) + 1)
            total += np.abs(weight) * np.log(np.where(weight > 0, percentile, 1 - percentile))
        return np.asarray(np.exp(total / np.abs(weights).sum(axis=1)))


def _ranking(raw: np.ndarray, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sorted scores (n,) and the share of tokens before each (n + 1,)."""
    order = np.argsort(raw, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(np.maximum(tokens[order], 1), dtype=np.float64)])
    return raw[order], below / below[-1]


def _percentiles(raw: np.ndarray, reference: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return (n,) token shares below each score, half of what equals it included."""
    low, high = np.searchsorted(reference, raw, "left"), np.searchsorted(reference, raw, "right")
    return np.asarray((mass[low] + mass[high]) / 2)
