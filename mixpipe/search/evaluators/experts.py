"""One expert per domain; any mixture scored by mixing their probabilities.

P(token | context) = sum_i w_i P_i(token | context), Belenki et al. 2025 (Optimizing pre-training data mixtures with
mixtures of data experts, arXiv 2502.15950). k trainings, then a mixture costs a matrix product. The level is biased
high against a proxy trained on the mixture, for the experts' weights do not follow the context, so only ranks and
affine corrections are to be trusted: it screens candidates and is a feature of forecasts. Probabilities are mixed,
never logits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from mixpipe.errors import StageError
from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.texts import Texts
from mixpipe.store.files import read_arrays

__all__ = ["Experts", "Mixing"]

# Tokens per owner that a screen of thousands of candidates reads; an even sample of them.
SCREEN_TOKENS = 768
# Numbers in one block of mixed probabilities: 16 MiB.
BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Mixing:
    """Log-probabilities of experts on texts.

    Attributes:
        texts: what was scored.
        scores: (experts, texts.n_predicted) float32.
        domains: (experts,) int64, the domain of each; the others have no expert, and no tokens to weigh.
    """

    texts: Texts
    scores: np.ndarray
    domains: np.ndarray

    def losses(self, mixtures: np.ndarray, *, most_per_owner: int | None = None) -> np.ndarray:
        """Return the losses (q, owners) in bits per byte of (q, k) mixtures of the experts.

        Args:
            mixtures: token shares.
            most_per_owner: read an even sample of so many tokens of each owner, at that sample's share of its bytes;
                None reads all.
        """
        owner, read = self._sample(most_per_owner)
        whole = np.bincount(owner, minlength=len(self.texts.n_bytes))
        scores, owner = self.scores[:, read], owner[read]
        counts = np.bincount(owner, minlength=len(whole))
        best = scores.max(axis=0)
        probabilities = np.exp(scores - best)
        weights = np.asarray(mixtures, dtype=np.float32)[:, self.domains]
        present = np.flatnonzero(counts)
        edges = (np.cumsum(counts) - counts)[present]
        bytes_read = (self.texts.n_bytes * counts)[present] / whole[present]
        found = np.full((len(weights), len(whole)), np.nan)
        rows = max(BLOCK // max(len(owner), 1), 1)
        for start in range(0, len(weights), rows):
            mixed = np.log(np.maximum(weights[start : start + rows] @ probabilities, 1e-37)) + best
            totals = np.add.reduceat(mixed, edges, axis=1, dtype=np.float64)
            found[start : start + rows, present] = -totals / np.log(2) / bytes_read
        return found

    def _sample(self, most_per_owner: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the owner (n,) of each token, and whether it is read (n,): every so many-th of an owner's."""
        owner = np.repeat(self.texts.owners, np.diff(self.texts.starts) - 1)
        counts = np.bincount(owner, minlength=len(self.texts.n_bytes))
        if most_per_owner is None:
            return owner, np.ones(len(owner), dtype=bool)
        stride = np.maximum(-(-counts // most_per_owner), 1)
        place = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]
        return owner, place % stride[owner] == 0

    def screen(self, mixtures: np.ndarray) -> np.ndarray:
        """Return the losses (q, owners) of many mixtures, from a sample of each owner's tokens."""
        return self.losses(mixtures, most_per_owner=SCREEN_TOKENS)

    @classmethod
    def read(cls, experts: Mapping[int, Path], texts: Texts, name: str) -> "Mixing":
        """Read what the experts wrote.

        Args:
            experts: their files by domain number.
            texts: what they scored.
            name: which scores of each file: `targets` or `held_out`.
        """
        if not experts:
            raise StageError("expected trained experts, found none; set search.screen to true")
        scores = np.stack([read_arrays(path)[name] for path in experts.values()])
        return cls(texts, scores, np.array(list(experts), dtype=np.int64))


@dataclass(frozen=True)
class Experts(Evaluator):
    """The experts, as an evaluator: instant, for searches that cannot afford proxies."""

    trains: ClassVar[bool] = False
    needs_experts: ClassVar[bool] = True

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Mix the experts; tokens and seed were theirs."""
        if len(data.experts) < sum(len(pool) > 0 for pool in data.pools):
            nothing = np.full(len(data.targets.n_bytes), np.nan), np.full(len(data.held_out.n_bytes), np.nan)
            return Measured(*nothing, 0, tokens, "an expert diverged")
        paths = tuple(data.experts.items())
        losses = [
            _mixing(paths, name, texts).losses(mixture[None])[0]
            for name, texts in (("targets", data.targets), ("held_out", data.held_out))
        ]
        size = sum(int(read_arrays(path)["model_size"]) for path in data.experts.values())
        return Measured(losses[0], losses[1], size, tokens, "ok")


@lru_cache(maxsize=2)
def _mixing(experts: tuple[tuple[int, Path], ...], name: str, texts: Texts) -> Mixing:
    return Mixing.read(dict(experts), texts, name)
