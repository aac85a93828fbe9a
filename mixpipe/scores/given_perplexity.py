"""Bits per byte of texts under a causal language model that is given.

Its files are the state, known by its content and no path, and the arithmetic is chosen once. Loading this module loads
torch, so `perplexity.py` names it by an import string.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixpipe.models.causal import CausalModel
from mixpipe.models.packed import packed, unpacked
from mixpipe.models.precision import resolve_dtype
from mixpipe.scores.byte_ngrams import UNIFORM_BITS, head
from mixpipe.scores.protocol import State

__all__ = ["GivenPerplexity"]

WINDOW = 1024  # tokens read as one stretch
DTYPE = "dtype"


class GivenPerplexity:
    """A given model as a measure of documents."""

    def __init__(self, state: State) -> None:
        """Load the model."""
        with unpacked(state) as folder:
            self._model = CausalModel(folder, dtype=str(state[DTYPE]), window=WINDOW)

    @staticmethod
    def state(folder: Path) -> State:
        """Return the model's files, and the arithmetic that is native here.

        Raises:
            ConfigError: it is no causal language model.
        """
        dtype = resolve_dtype("auto", None)
        CausalModel(folder, dtype=dtype, window=WINDOW)  # where it lies, so that a complaint names it and no copy
        return {**packed(folder), DTYPE: np.array(dtype)}

    def bits_per_byte(self, texts: Sequence[str]) -> np.ndarray:
        """Return (n,) float64 over the heads of texts; of one without a token that of an empty one."""
        heads = [head(text) for text in texts]
        tokens = self._model.tokens([content.decode("utf-8", "ignore") for content in heads])
        owner = np.repeat(np.arange(len(texts)), tokens.counts)
        bits = np.bincount(owner, weights=self._model.losses(tokens), minlength=len(texts)) / np.log(2)
        n_bytes = np.array([len(content) for content in heads], np.int64)
        return np.where(tokens.counts > 0, bits / np.maximum(n_bytes, 1), UNIFORM_BITS)
