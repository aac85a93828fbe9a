"""A mixture that is given as a file: the search's own, `mixpipe.mixture/1` of any phases, or plain shares.

    {"domains": ["law", "mail"], "weights": [0.75, 0.25]}                    as the search writes it, with strata or not
    {"phases": [{"name": "main", "share": 1.0, "domains": [{"name": "law", "weight": 0.75}, ...]}]}   as runs publish it
    {"law": 0.75, "mail": 0.25}                                                                   by hand, JSON or YAML

Domains are known by their names, since numbers change from run to run. Shares sum to 1 to within ROUNDING, and are
scaled to sum to it exactly: figures that people round do not.
"""

from collections.abc import Iterable, Mapping
from math import fsum, isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mixpipe.errors import ConfigError
from mixpipe.store.files import read_json

__all__ = ["GivenMixture", "GivenPhase", "read_given"]

ROUNDING = 0.01  # of the sum: 200 domains written with four digits are off by this at most


class GivenPhase(NamedTuple):
    """One phase: its share of the tokens, and shares >= 0 by domain name that sum to 1."""

    name: str
    share: float
    weights: Mapping[str, float]


class GivenMixture(NamedTuple):
    """What a file says.

    Attributes:
        phases: in order; a static mixture is one.
        strata: shares of the quality strata by domain name, as the search has them; empty: none.
    """

    phases: tuple[GivenPhase, ...]
    strata: Mapping[str, list[float]]

    @property
    def weights(self) -> dict[str, float]:
        """The shares over all phases."""
        if len(self.phases) == 1:
            return dict(self.phases[0].weights)
        names = dict.fromkeys(name for phase in self.phases for name in phase.weights)
        return {name: fsum(phase.share * phase.weights.get(name, 0.0) for phase in self.phases) for name in names}


def read_given(path: Path) -> GivenMixture:
    """Read a mixture.

    Raises:
        ConfigError: there is no file, it has none of the three forms, or a share is below 0, not finite or twice there,
            or their sum is not 1.
    """
    if not path.is_file():
        raise ConfigError(f"mixture: expected a file of shares by domain, found none at {path}")
    try:
        is_json = path.suffix == ".json"
        phases, strata = _parsed(read_json(path) if is_json else YAML(typ="safe", pure=True).load(path))
    except (YAMLError, UnicodeDecodeError, OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"mixture: expected `domains` and `weights`, `phases`, or shares by domain name in {path}, found "
            f"{_found(error)}"
        ) from error
    whole = _scaled(((name, share) for name, share, _ in phases), f"of phases in {path}")
    return GivenMixture(
        tuple(
            GivenPhase(name, whole[name], _scaled(shares, f"in {f'phase {name} of ' if phases[1:] else ''}{path}"))
            for name, _, shares in phases
        ),
        strata,
    )


Pairs = list[tuple[str, float]]


def _parsed(record: Any) -> tuple[list[tuple[str, float, Pairs]], dict[str, list[float]]]:  # noqa: ANN401  a file
    """Return name, share and shares by domain of each phase, and the strata."""
    if not isinstance(record, Mapping):
        raise TypeError("nothing: it is empty" if record is None else f"no mapping but {record!r:.40}")
    if "phases" in record:
        phases = [(str(phase["name"]), float(phase["share"]), _named(phase["domains"])) for phase in record["phases"]]
        if not phases:
            raise ValueError("no phase")
        return phases, {}
    if "weights" in record:
        names = [str(name) for name in record["domains"]]
        pairs = [(name, float(share)) for name, share in zip(names, record["weights"], strict=True)]
        rows = [[float(share) for share in row] for row in record.get("strata", [])]
        return [("main", 1.0, pairs)], dict(zip(names, rows, strict=True)) if rows else {}
    return [("main", 1.0, [(str(name), float(share)) for name, share in record.items()])], {}


def _found(error: Exception) -> str:
    """Return an error on one line; of a missing key or name more than it."""
    said = f"no {error}" if isinstance(error, KeyError) else str(error)
    return " ".join(said.split()) or type(error).__name__


def _named(domains: Any) -> Pairs:  # noqa: ANN401  a file
    return [(str(domain["name"]), float(domain["weight"])) for domain in domains]


def _scaled(pairs: Iterable[tuple[str, float]], where: str) -> dict[str, float]:
    """Return shares that sum to 1.

    Raises:
        ConfigError: they are none.
    """
    listed = list(pairs)
    if wrong := [f"{name} {share:g}" for name, share in listed if not (isfinite(share) and share >= 0)]:
        raise ConfigError(f"mixture: expected finite shares >= 0 {where}, found {', '.join(wrong)}")
    if twice := sorted({name for name, _ in listed if [other for other, _ in listed].count(name) > 1}):
        raise ConfigError(f"mixture: expected every name once {where}, found twice: {', '.join(twice)}")
    total = fsum(share for _, share in listed)
    if abs(total - 1) > ROUNDING:
        raise ConfigError(f"mixture: expected shares that sum to 1 {where}, found a sum of {total:g}")
    return {name: share / total for name, share in listed}
