"""Texts to vectors by averaging one vector per token: hundreds of times faster, for very large corpora.

The token vectors are distilled on the spot from the sentence-transformers model: each token of its vocabulary goes
through the model alone, then PCA and a weight for its frequency, which is guessed from its rank by Zipf's law
(Tulkens and van Dongen, Model2Vec, 2024; weights after Arora et al., ICLR 2017). Nothing is downloaded; the cost is
about 25 s of one core, once per model and store. NMI against the 17 labels of the sample corpus: 0.61, where the model
itself has 0.64. model2vec's own distiller needs one more package; its `StaticModel`, whose only home this is, averages.

One file, safetensors: `vectors` (n_tokens, dimensions) float16, and the tokenizer's JSON in the metadata.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.decomposition import PCA
from tokenizers import Tokenizer

from mixpipe.embed.encoders import Settings
from mixpipe.embed.encoders.sentence import SentenceEncoder
from mixpipe.embed.unit import unit_rows
from mixpipe.store.files import whole_file

__all__ = ["StaticEncoder", "distil"]

DIMENSIONS = 256  # kept by PCA, two thirds of MiniLM's 384; model2vec's own default
RARE = 1e-4  # a token this frequent counts half of a rare one (the paper's `a`)
TEXTS_PER_BATCH = 1024


class StaticEncoder:
    """Mean of distilled token vectors."""

    def __init__(self, settings: Settings) -> None:
        """Load what `distil` wrote."""
        with safe_open(settings.model, framework="numpy") as file:
            vectors = file.get_tensor("vectors").astype(np.float32)
            tokenizer = Tokenizer.from_str(file.metadata()["tokenizer"])
        self.model = StaticModel(vectors, tokenizer, normalize=True, max_length=settings.max_tokens)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dimensions) float32 unit rows; a text without a known token gets the constant row."""
        # Given a length, model2vec first cuts each text to that many tokens of median length, so time is bounded.
        vectors = self.model.encode(
            list(texts), max_length=self.model.max_length, batch_size=TEXTS_PER_BATCH, use_multiprocessing=False
        )
        return unit_rows(vectors.reshape(len(texts), -1))


def distil(model: Path, file: Path) -> None:
    """Distil a sentence-transformers model into one file of token vectors, in float32 on the CPU.

    Args:
        model: the model's folder.
        file: the safetensors file to write.
    """
    teacher = SentenceEncoder(Settings(model, max_tokens=8, dtype="float32", device="cpu"))
    outputs = teacher.token_vectors()
    known = outputs.any(axis=1)
    vectors = np.zeros((len(outputs), min(DIMENSIONS, *outputs.shape)), np.float32)
    vectors[known] = PCA(vectors.shape[1], svd_solver="covariance_eigh").fit_transform(outputs[known])
    vectors *= rarity(len(vectors))[:, None]
    with whole_file(file) as scratch:
        save_file({"vectors": vectors.astype(np.float16)}, scratch, {"tokenizer": teacher.tokenizer_json()})


def rarity(n_tokens: int) -> NDArray[np.float32]:
    """Return the weight of each token, (n_tokens,) float32 in 0..1: RARE / (RARE + frequency).

    The frequency of the token of rank r is taken as proportional to 1 / r; vocabularies are ordered by frequency.
    """
    frequency = 1.0 / np.arange(2, n_tokens + 2)
    frequency /= frequency.sum()
    weights: NDArray[np.float32] = (RARE / (RARE + frequency)).astype(np.float32)
    return weights
