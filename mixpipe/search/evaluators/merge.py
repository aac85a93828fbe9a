"""One expert per domain; a mixture is measured on the average of their weights.

theta(w) = sum_i w_i theta_i, Li et al. 2026 (Scaling data mixing via model merging, DeMix, arXiv 2602.00747) and Na et
al. 2024 (Scalable data ablation approximations through modular training and merging, arXiv 2410.15661). k trainings,
then a mixture costs one pass over the measured texts. Deviations, both towards worse levels: the papers branch their
models off a common trained one, and DeMix keeps half of general data in each; here they share their initial weights
and the order of draws, no more, so far from every corner the average may be worse than all it is made of. As with
mixed probabilities, ranks are to be trusted and levels are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from mixpipe.errors import StageError
from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.proxy import Proxies, compute_device
from mixpipe.search.training import log_probabilities
from mixpipe.store.files import read_arrays

__all__ = ["Merge", "merged"]


@dataclass(frozen=True)
class Merge(Evaluator):
    """The average of the experts, as an evaluator: no training, one measurement a trial."""

    trains: ClassVar[bool] = False
    needs_experts: ClassVar[bool] = True
    needs_weights: ClassVar[bool] = True

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Merge the experts and measure the model they make; tokens and seed were theirs."""
        missing = [str(domain) for domain in np.flatnonzero(mixture) if domain not in data.experts]
        if missing:
            nothing = np.full(len(data.targets.n_bytes), np.nan), np.full(len(data.held_out.n_bytes), np.nan)
            return Measured(*nothing, 0, tokens, f"the expert of domain {', '.join(missing)} diverged")
        model = Proxies(data.proxy, data.vocabulary, [seed]).to(compute_device())
        model.set_weights(merged(data.experts, mixture)[None])
        losses = [texts.losses(log_probabilities(model, texts)[0]) for texts in (data.targets, data.held_out)]
        return Measured(losses[0], losses[1], model.size, tokens, "ok")


def merged(experts: Mapping[int, Path], mixture: np.ndarray) -> np.ndarray:
    """Return the weighted sum (size,) float32 of the experts' weights, one expert in memory at a time.

    Added up in float64: shares on the lattice have 17 bits and weights 24, so equal experts give themselves to the last
    bit. An expert without a share is not read.

    Args:
        experts: their files by domain number.
        mixture: (k,) shares that sum to 1.
    """
    total = np.zeros(1)
    for domain in np.flatnonzero(mixture).tolist():
        arrays = read_arrays(experts[domain])
        if "weights" not in arrays:
            raise StageError(f"expected weights in {experts[domain]}, found none; delete its folder and run again")
        total = total + mixture[domain] * arrays["weights"].astype(np.float64)
    return total.astype(np.float32)
