"""What an evaluator is: mixture, tokens and seed in; losses out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from mixpipe.search.config import CommandConfig, ProxyConfig, SearchConfig
from mixpipe.search.texts import Texts
from mixpipe.store.fingerprint import Json

__all__ = ["Evaluator", "Measured", "ProxyData"]


@dataclass(frozen=True, eq=False)
class ProxyData:
    """What a proxy is trained and measured on.

    Attributes:
        proxy: its settings.
        vocabulary: tokens in its vocabulary.
        pools: per domain, the tokens that may be read (n_i,), as many as one trial's budget calls for.
        targets: texts of the m targets.
        held_out: texts of the k domains.
        experts: files of the experts' log-probabilities (and weights) by domain number; empty when none were trained.
        domain_names: (k,) names of the domains.
        target_names: (m,) names of the targets.
        command: the user's own trainer.
        recorded: the table of recorded runs.
    """

    proxy: ProxyConfig
    vocabulary: int
    pools: tuple[np.ndarray, ...]
    targets: Texts
    held_out: Texts
    experts: dict[int, Path]
    domain_names: tuple[str, ...]
    target_names: tuple[str, ...]
    command: CommandConfig
    recorded: str | None


class Measured(NamedTuple):
    """What a trial gave.

    Attributes:
        target_losses: (m,) bits per byte.
        domain_losses: (k,) bits per byte, NaN for a domain too small to hold texts out of.
        model_size: parameters.
        tokens: training tokens.
        status: `ok`, or why there are no losses.
        trajectory: training tokens and target losses (m,) at earlier checkpoints of the same run.
    """

    target_losses: np.ndarray
    domain_losses: np.ndarray
    model_size: int
    tokens: int
    status: str
    trajectory: tuple[tuple[int, np.ndarray], ...] = ()


class Evaluator(Protocol):
    """A way to measure a mixture, deterministic per seed.

    Evaluators name this class as their base and state only what differs from its defaults.

    Attributes:
        trains: a trial trains a model of its own, so its seed matters. Noise, finalists and the final are measured by
            seeds, so behind an evaluator that does not train they are the `JUDGE`'s.
        needs_experts: it reads the experts' files.
        needs_weights: it reads the experts' weights too, which are kept for it alone.
        reads_outside: its losses depend on something outside the store, and on the names of domains and targets.
        measures_domains: it gives losses of the domains' held-out texts too.
        together: many mixtures cost less at once, in a `measure_many` of its own, than one by one.
    """

    trains: ClassVar[bool] = True
    needs_experts: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = False
    reads_outside: ClassVar[bool] = False
    measures_domains: ClassVar[bool] = True
    together: ClassVar[bool] = False

    @staticmethod
    def outside(config: SearchConfig) -> dict[str, Json]:
        """Return what decides its losses and lies outside the store, by content; nothing where nothing does.

        Raises:
            ConfigError: it is missing or cannot be read.
        """
        return {}

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Measure one mixture (k,) of token shares; a run that fails is a status and not an error."""
        ...

    def measure_many(
        self, data: ProxyData, mixtures: np.ndarray, *, tokens: int, seeds: Sequence[int]
    ) -> list[Measured]:
        """Measure mixtures (count, k), each with its seed, as `measure` does; the failure of one is its own status."""
        pairs = zip(mixtures, seeds, strict=True)
        return [self.measure(data, mixture, tokens=tokens, seed=seed) for mixture, seed in pairs]
