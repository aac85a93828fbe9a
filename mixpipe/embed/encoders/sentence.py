"""Texts to vectors through a sentence-transformers model; the only home of that package.

The model's own modules do the work, so any pooling, dense layer or prompt it was trained with is kept. Around them:
the transformer in bfloat16 where that is native, everything after it (pooling, normalising) in float32; texts
tokenised once, sorted by length and cut into small batches of nearly equal length, so that little padding is computed
and a batch's activations stay in the cache. Batches are cut within one call, ties broken by row.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer  # noqa: TID251  this is its home

from mixpipe.embed.encoders import Settings
from mixpipe.embed.unit import unit_rows
from mixpipe.errors import ConfigError
from mixpipe.models.batches import length_batches
from mixpipe.models.precision import resolve_device

__all__ = ["SentenceEncoder"]

# Tokens of a batch, padding included. On a CPU the widest activations of 1,024 tokens fill 3 MiB and stay in the cache
# (8,192 tokens were 5 % slower, 16,384 were 18 %); an accelerator wants tens of thousands.
BATCH_TOKENS = {"cpu": 1 << 10, "cuda": 1 << 16}
# Texts are cut to this many characters per token before they are tokenised, so that a line of megabytes costs no more
# than a page. No document of the test corpora has so many characters per token over its first 256 tokens.
CHARACTERS_PER_TOKEN = 64


class SentenceEncoder:
    """A sentence-transformers model on one device."""

    def __init__(self, settings: Settings) -> None:
        """Load the model without touching the network.

        Raises:
            ConfigError: the model's first module is no transformer.
        """
        device = resolve_device(settings.device)
        self.batch_tokens = BATCH_TOKENS["cuda" if device.startswith("cuda") else "cpu"]
        with contextlib.redirect_stderr(io.StringIO()):  # a progress bar for 0.2 s of loading
            self.model = SentenceTransformer(
                str(settings.model), device=device, local_files_only=True, model_kwargs={"use_safetensors": True}
            ).eval()
        most = self.model.max_seq_length
        if not isinstance(most, int):
            raise ConfigError(f"expected a transformer in {settings.model} (embed.model); for others set embed.encoder")
        self.model.max_seq_length = min(most, settings.max_tokens)
        self.characters = min(most, settings.max_tokens) * CHARACTERS_PER_TOKEN
        # Cosine to float32: mean 0.99995, worst 0.9998. Pooling in bfloat16 as well would give 0.88.
        self.model[0].to(getattr(torch, settings.dtype))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dimensions) float32 unit rows."""
        vectors = np.empty((len(texts), self.model.get_embedding_dimension() or 0), np.float32)
        if not texts:
            return vectors
        features = self._tokenised(texts)
        with torch.inference_mode():
            for rows, width in length_batches(features["attention_mask"].sum(dim=1).numpy(), self.batch_tokens):
                vectors[rows] = self._forward(_narrowed(features, rows, width))
        return unit_rows(vectors)

    def token_vectors(self) -> NDArray[np.float32]:
        """Return the mean output for each token of the vocabulary alone: (n_tokens, hidden) float32.

        Special tokens, which are no text, get zeros.
        """
        tokenizer = self.model.tokenizer
        ends = [tokenizer.cls_token_id, tokenizer.sep_token_id]
        ids = [[end for end in (ends[0], token, ends[1]) if end is not None] for token in range(len(tokenizer))]
        vectors = []
        with torch.inference_mode():
            for batch in torch.split(torch.tensor(ids), self.batch_tokens // 3):
                features = {"input_ids": batch, "attention_mask": torch.ones_like(batch)}
                result = self.model[0]({name: value.to(self.model.device) for name, value in features.items()})
                vectors.append(result["token_embeddings"].float().mean(dim=1).cpu())
        found: NDArray[np.float32] = torch.cat(vectors).numpy()
        found[tokenizer.all_special_ids] = 0.0
        return found

    def tokenizer_json(self) -> str:
        """Return the model's tokenizer in the form of the package tokenizers."""
        text: str = self.model.tokenizer.backend_tokenizer.to_str()
        return text

    def _tokenised(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the features of all texts, padded to the longest."""
        prompt = self.model.prompts.get(self.model.default_prompt_name or "")
        return dict(self.model.preprocess([text[: self.characters] for text in texts], prompt=prompt))

    def _forward(self, features: dict[str, Any]) -> NDArray[np.float32]:
        """Run the transformer in its own precision and the modules after it in float32."""
        on_device = {
            name: value.to(self.model.device) if isinstance(value, torch.Tensor) else value
            for name, value in features.items()
        }
        transformer, *rest = self.model
        result = transformer(on_device)
        result = {
            name: value.float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
            for name, value in result.items()
        }
        for module in rest:
            result = module(result)
        vectors: NDArray[np.float32] = result["sentence_embedding"].float().cpu().numpy()
        return vectors


def _narrowed(features: Mapping[str, Any], rows: NDArray[np.int64], width: int) -> dict[str, Any]:
    """Take some rows of the features without the padding that none of them needs."""
    mask = features["attention_mask"]
    padded_left = bool((mask[rows, 0] == 0).any())
    columns = slice(mask.shape[1] - width, None) if padded_left else slice(width)
    return {
        name: value[rows, columns] if isinstance(value, torch.Tensor) and value.shape == mask.shape else value
        for name, value in features.items()
    }
