"""QuaDMix (Liu et al. 2025, arXiv 2504.16511): merged quality filters and a sampling curve, for each domain.

Filters are brought to a common scale, added with weights alpha, and ranked inside the domain by tokens; a document at
rank r (0 best) is read S(r) times, see `mixture/quality_curve.py` (section 3; lambda, omega, eta and epsilon are
`steepness`, `reach`, `power` and `floor`). The paper finds the parameters by 3,000 proxies, as the search's method
`quadmix` does for shares of strata; here they are given, common or by domain, and a JSON file may hold them. The
paper's method alone is `plan.shares: documents`. Deviations: the budget scales S, under the epoch cap, where the
paper's sample is as large as S makes it; more is better in our columns, so r = 1 - rank; the common scale is a
filter's percentile over the corpus. Ranks come from 10,000 documents per domain, as in the paper; ties are broken by
hash. Values are 1 - sqrt(r), so that bins are finest at the best.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter

from mixpipe.errors import ConfigError
from mixpipe.mixture.quality_curve import QualityCurve, copies_at
from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.protocol import Candidates, Filled, Sample, State
from mixpipe.plan.makers.ranks import fit_ranks, ranks

__all__ = ["Curve", "QuaDMix"]

POINTS = 16  # at which the curve is averaged inside a bin


@dataclass(frozen=True)
class Curve:
    """One domain's parameters; the defaults are the middle of the paper's priors, but for the power, its most.

    Attributes:
        steepness: of the curve above the cut-off.
        reach: share of the domain's tokens that counts as good.
        power: 2^power is the most copies.
        floor: copies of all the rest.
        filters: weight of each score column, negative where less is better.
    """

    steepness: Annotated[float, Field(ge=0, le=1000)] = 100.0
    reach: Annotated[float, Field(ge=0, le=1)] = 0.05
    power: Annotated[float, Field(ge=0, le=10)] = 1.0
    floor: Annotated[float, Field(ge=0, le=10)] = 0.001
    filters: Annotated[dict[str, float], Field(min_length=1)] = field(default_factory=lambda: {"quality": 1.0})

    def parameters(self) -> QualityCurve:
        """Return the parameters of this one curve."""
        return QualityCurve(*(np.array([value]) for value in (self.steepness, self.reach, self.power, self.floor)))


@dataclass(frozen=True)
class QuaDMix(Curve):
    """The common parameters, and what differs in some domains.

    Attributes:
        domains: by a domain's name, the parameters that differ there.
    """

    domains: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse parameters that are none."""
        for name in self.domains:
            self.curve(name)

    def curve(self, name: str) -> Curve:
        """Return a domain's parameters."""
        common = {key: getattr(self, key) for key in Curve.__dataclass_fields__}
        own = self.domains.get(name, {})
        if unknown := sorted(set(own) - set(common)):
            raise ConfigError(f"expected {', '.join(common)} in domains.{name}, found {', '.join(unknown)}")
        return TypeAdapter(Curve).validate_python({**common, **own})

    @property
    def columns(self) -> tuple[str, ...]:
        """All filters."""
        curves = [self.curve(name) for name in ("", *self.domains)]
        return tuple(sorted({column for curve in curves for column in curve.filters}))

    def fit(self, sample: Sample) -> State:
        """Learn the scale of every filter, and the ranks of the merged one inside each domain."""
        everywhere = np.zeros(len(sample.ids), np.int32)
        state: dict[str, np.ndarray] = {}
        for column in self.columns:
            scale = fit_ranks(sample.columns[column], sample.weights, everywhere)
            state |= {f"{column}/{key}": array for key, array in scale.items()}
        # A document without tokens is never eligible, so every weight is above 0.
        return {**state, **fit_ranks(self._merged(sample, state), sample.tokens.astype(np.float64), sample.domains)}

    def value(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return 1 - sqrt(r)."""
        rank = ranks(self._merged(candidates, state), candidates.ids, candidates.domains, state)
        return np.asarray(1 - np.sqrt(1 - rank))

    def preference(self, filled: Filled) -> np.ndarray:
        """Return the mean of S over the ranks of each bin, by domain."""
        if unknown := sorted(set(self.domains) - set(filled.names)):
            raise ConfigError(
                f"expected names of domains in plan.settings.domains ({', '.join(filled.names)}), found "
                f"{', '.join(unknown)}"
            )
        edges = (1 - np.arange(VALUE_BINS + 1) / VALUE_BINS) ** 2
        return np.stack([_bin_means(edges[1:], edges[:-1], self.curve(name)) for name in filled.names])

    def _merged(self, candidates: Candidates, state: State) -> np.ndarray:
        """Return (n,) merged filters, higher better."""
        scaled = {}
        for column in self.columns:
            keys = [key for key in state if key.startswith(f"{column}/")]
            scale = {key.removeprefix(f"{column}/"): state[key] for key in keys}
            low, high = (
                scale["mass_0"][np.searchsorted(scale["values_0"], candidates.columns[column], side)]
                for side in ("left", "right")
            )
            scaled[column] = (low + high) / 2
        merged = np.zeros(len(candidates.ids))
        for domain in np.unique(candidates.domains).tolist():
            mine = candidates.domains == domain
            for column, weight in sorted(self.curve(candidates.names[domain]).filters.items()):
                merged[mine] += weight * scaled[column][mine]
        return merged


def _bin_means(low: np.ndarray, high: np.ndarray, curve: Curve) -> np.ndarray:
    """Return (n_bins,) means of S over ranks low..high; bins that the cut-off divides count by their good part."""
    good = np.clip(curve.reach, low, high)
    steps = (np.arange(POINTS) + 0.5) / POINTS
    inside = copies_at(curve.parameters(), (low[:, None] + steps * (good - low)[:, None]).ravel())
    share = (good - low) / (high - low)
    return np.asarray(share * (inside.reshape(-1, POINTS).mean(axis=1) - curve.floor) + curve.floor)
