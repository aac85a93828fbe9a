"""Runs recorded earlier, by whomever: a mixture's losses as they were, or as the surrogate of all of them foresees.

For who has trained on mixtures of these domains before: nothing is trained in the rounds, finalists and controls are.
The table has `w:` and a name for every domain and `y:` and a name for every target, see `replay/tables.py`. A mixture
that was recorded gets, of every target that was measured, the mean of its runs; all else is what `auto` makes of the
table: as good as the table is dense.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.mixture.simplex import lattice_key, snap
from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.replay.tables import listed, read_runs
from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import FittedTargets, fit_surrogate
from mixpipe.search.trials import OK
from mixpipe.store.fingerprint import Json, file_digest

__all__ = ["Replay"]

SURROGATE = "auto"


@dataclass(frozen=True, eq=False)
class _Record:
    """Recorded runs: losses (m,) by lattice key of the mixture, NaN where unmeasured, and what was fitted to all."""

    losses: dict[bytes, np.ndarray]
    fitted: FittedTargets

    @classmethod
    def of(cls, mixtures: np.ndarray, losses: np.ndarray) -> "_Record":
        groups: dict[bytes, list[int]] = {}
        for row, mixture in enumerate(snap(mixtures)):
            groups.setdefault(lattice_key(mixture), []).append(row)
        means = {key: _means(losses[rows]) for key, rows in groups.items()}
        return cls(means, fit_surrogate(load_surrogate(SURROGATE), mixtures, losses))


@dataclass(frozen=True)
class Replay(Evaluator):
    """Recorded runs, as an evaluator: instant."""

    trains: ClassVar[bool] = False
    reads_outside: ClassVar[bool] = True
    measures_domains: ClassVar[bool] = False

    @staticmethod
    def outside(config: SearchConfig) -> dict[str, Json]:
        """Return the digest of the table.

        Raises:
            ConfigError: none is named, or it cannot be read.
        """
        if config.recorded is None:
            raise ConfigError("search.recorded: expected a table of recorded runs, found none named")
        try:
            return {"recorded": file_digest(Path(config.recorded))}
        except OSError as error:
            raise ConfigError(
                f"search.recorded: expected a table, found {config.recorded}: {error.strerror}"
            ) from error

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Look the mixture up."""
        record = _read(Path(str(data.recorded)), data.domain_names, data.target_names)
        found = record.losses.get(lattice_key(snap(mixture[None])[0]))
        if found is None or not np.isfinite(found).all():
            foreseen = record.fitted.predict(mixture[None]).mean[0]
            found = foreseen if found is None else np.where(np.isfinite(found), found, foreseen)
        return Measured(found, np.full(len(data.domain_names), np.nan), 0, tokens, OK)


def _means(losses: np.ndarray) -> np.ndarray:
    """Return the mean (m,) over the runs (r, m) that measured a target, NaN where none has."""
    counts = np.isfinite(losses).sum(axis=0)
    return np.asarray(np.nansum(losses, axis=0) / np.where(counts > 0, counts, np.nan))


@lru_cache(maxsize=1)
def _read(path: Path, domains: tuple[str, ...], targets: tuple[str, ...]) -> _Record:
    """Read the table once per process, its columns in the order of domains and targets."""
    runs = read_runs(path)
    missing = [f"w:{name}" for name in domains if name not in runs.domains]
    missing += [f"y:{name}" for name in targets if name not in runs.targets]
    if missing or len(runs.domains) > len(domains):
        known = ", ".join(f"w:{name}" for name in domains)
        found = f"none of {listed(missing)}" if missing else listed(f"w:{name}" for name in runs.domains)
        raise ConfigError(f"search.recorded: expected the columns {known} and one per target in {path}, found {found}")
    order = [runs.domains.index(name) for name in domains]
    return _Record.of(runs.mixtures[:, order], runs.narrowed(targets).losses)
