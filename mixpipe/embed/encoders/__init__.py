"""The registry of encoders: what turns texts into unit vectors.

A new encoder is one file here and one line in `ENCODERS`; one that is first made from the model has a second line in
`DISTILLERS`. Import strings, since sentence-transformers takes 5 s to import and only workers need it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["DISTILLERS", "ENCODERS", "Distil", "Encoder", "Settings"]

ENCODERS = {
    "sentence": "mixpipe.embed.encoders.sentence:SentenceEncoder",
    "static": "mixpipe.embed.encoders.static:StaticEncoder",
}

DISTILLERS = {"static": "mixpipe.embed.encoders.static:distil"}


class Settings(NamedTuple):
    """What an encoder is made from.

    Attributes:
        model: the model's folder, or the file that the encoder's distiller wrote.
        max_tokens: tokens of a text that are seen.
        dtype: `float32` or `bfloat16`, of the transformer; distilled encoders work in float32.
        device: `cpu`, `cuda`; None: CUDA when present.
    """

    model: Path
    max_tokens: int
    dtype: str
    device: str | None = None


class Encoder(Protocol):
    """Turns texts into vectors. Deterministic for the same texts in the same order, on one kind of machine."""

    def __init__(self, settings: Settings) -> None:
        """Load the weights."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dimensions) float32 unit rows, finite for any text."""


# distil(model, file): make the one file that the encoder reads from a model's folder.
Distil: TypeAlias = Callable[[Path, Path], None]
