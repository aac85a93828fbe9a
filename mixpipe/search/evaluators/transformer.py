"""Train one proxy on the mixture and measure it: the evaluator that decides."""

from dataclasses import dataclass

import numpy as np

from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.training import DivergedError, log_probabilities, train_proxy, training_tokens

__all__ = ["Transformer"]


@dataclass(frozen=True)
class Transformer(Evaluator):
    """A small transformer per trial."""

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Train and measure."""
        used = training_tokens(data.proxy, tokens)
        try:
            model = train_proxy(data.pools, mixture, data.proxy, vocabulary=data.vocabulary, tokens=tokens, seed=seed)
        except DivergedError as error:
            nothing = np.full(len(data.targets.n_bytes), np.nan), np.full(len(data.held_out.n_bytes), np.nan)
            return Measured(*nothing, 0, used, f"diverged: {error}")
        losses = [texts.losses(log_probabilities(model, texts)) for texts in (data.targets, data.held_out)]
        return Measured(losses[0], losses[1], model.size, used, "ok")
