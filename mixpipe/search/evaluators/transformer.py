"""Train a proxy on the mixture and measure it: the evaluator that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.proxy import Proxies, room_for_proxies
from mixpipe.search.texts import Texts
from mixpipe.search.training import diverged, log_probabilities, train_proxies, training_tokens

__all__ = ["Transformer"]


@dataclass(frozen=True)
class Transformer(Evaluator):
    """A small transformer per trial; those of many trials are trained as one program."""

    together: ClassVar[bool] = True

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Train and measure."""
        return self.measure_many(data, mixture[None], tokens=tokens, seeds=[seed])[0]

    @room_for_proxies()
    def measure_many(
        self, data: ProxyData, mixtures: np.ndarray, *, tokens: int, seeds: Sequence[int]
    ) -> list[Measured]:
        """Train and measure all of them at once; each learns what it learns alone, to within rounding."""
        on_the_way: list[tuple[int, np.ndarray]] = []

        def watch(so_far: int, models: Proxies) -> None:
            on_the_way.append((so_far, _losses(models, data.targets)))

        models = train_proxies(
            data.pools, mixtures, data.proxy, vocabulary=data.vocabulary, tokens=tokens, seeds=seeds, watch=watch
        )
        targets, held_out = (_losses(models, texts) for texts in (data.targets, data.held_out))
        used = training_tokens(data.proxy, tokens)
        return [
            _failed(data, used)
            if failed
            else Measured(targets[n], held_out[n], models.size, used, "ok", tuple((t, row[n]) for t, row in on_the_way))
            for n, failed in enumerate(diverged(models))
        ]


def _losses(models: Proxies, texts: Texts) -> np.ndarray:
    return np.stack([texts.losses(scores) for scores in log_probabilities(models, texts)])


def _failed(data: ProxyData, used: int) -> Measured:
    nothing = np.full(len(data.targets.n_bytes), np.nan), np.full(len(data.held_out.n_bytes), np.nan)
    return Measured(*nothing, 0, used, "diverged: its loss stopped being a number")
