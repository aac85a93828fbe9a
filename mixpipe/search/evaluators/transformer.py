"""Train a proxy on the mixture and measure it: the evaluator that decides.

A proxy whose loss stops being a number has diverged, and so has one that is no better than a blind guess among all
tokens on the held-out texts of every domain that it was trained on: at too high a learning rate losses of hundreds of
bits per byte were finite, and one such trial became the unit of the objective, in which all others were equal.
"""

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
        used, blind = training_tokens(data.proxy, tokens), _blind(data)
        found = []
        for n, no_number in enumerate(diverged(models)):
            on_its_way = tuple((so_far, row[n]) for so_far, row in on_the_way)
            if no_number:
                found.append(_failed(data, used, "its loss stopped being a number"))
            elif _knows_nothing(held_out[n], blind, mixtures[n]):
                found.append(_failed(data, used, "it knows less of the domains it was trained on than a blind guess"))
            else:
                found.append(Measured(targets[n], held_out[n], models.size, used, "ok", on_its_way))
        return found


def _losses(models: Proxies, texts: Texts) -> np.ndarray:
    return np.stack([texts.losses(scores) for scores in log_probabilities(models, texts)])


def _blind(data: ProxyData) -> np.ndarray:
    """Return the losses (k,) on the domains when all tokens are as likely; NaN for a domain without held-out texts."""
    return data.held_out.losses(np.full(data.held_out.n_predicted, -np.log(data.vocabulary)))


def _knows_nothing(losses: np.ndarray, blind: np.ndarray, mixture: np.ndarray) -> bool:
    """Tell whether losses (k,) are no better than `blind` (k,) on any domain of the mixture that has held-out texts."""
    read = (mixture > 0) & np.isfinite(blind)
    return bool(read.any() and (losses[read] >= blind[read]).all())


def _failed(data: ProxyData, used: int, reason: str) -> Measured:
    nothing = np.full(len(data.targets.n_bytes), np.nan), np.full(len(data.held_out.n_bytes), np.nan)
    return Measured(*nothing, 0, used, f"diverged: {reason}")
