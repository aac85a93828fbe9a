"""One number for a text by a model with one output that is given, such as FineWeb-Edu's.

The model's own tokenizer adds its special tokens and cuts after 512 tokens, or as many as the model can read, so a text
is graded by its beginning. Texts of nearly equal length make a batch, filled up with the model's own token for padding:
a model whose output is that of the last token looks for it. Without one, each text is read by itself.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mixpipe.errors import ConfigError
from mixpipe.models.batches import length_batches
from mixpipe.models.loading import load_model
from mixpipe.models.precision import resolve_device
from mixpipe.tokenizer import load_tokenizer

__all__ = ["GradingModel"]

MOST_TOKENS = 512
BATCH_TOKENS = {"cpu": 1 << 11, "cuda": 1 << 16}  # padding included
CHARACTERS_PER_TOKEN = 64  # no ordinary text has more; a line of megabytes costs no more than a page


class GradingModel:
    """A model with one output on one device."""

    def __init__(self, folder: Path, *, dtype: str, device: str | None = None) -> None:
        """Load a model without touching the network or running code of its folder.

        Args:
            folder: with config.json, tokenizer.json and *.safetensors.
            dtype: `float32` or `bfloat16`.
            device: None: CUDA when present.

        Raises:
            ConfigError: this is no model with one output, or not all of one.
        """
        device = resolve_device(device)
        self.model = load_model("model that grades texts", folder, dtype, device)
        if self.model.config.num_labels != 1:
            raise ConfigError(
                f"expected a model with one output in {folder}, found {self.model.config.num_labels}: a classifier of "
                "several labels, whose outputs are no grades; give a regression"
            )
        most = min(MOST_TOKENS, getattr(self.model.config, "max_position_embeddings", None) or MOST_TOKENS)
        self.characters = most * CHARACTERS_PER_TOKEN
        padding = self.model.config.get_text_config().pad_token_id
        self.padding = 0 if padding is None else padding
        self.batch_tokens = 1 if padding is None else BATCH_TOKENS["cuda" if device.startswith("cuda") else "cpu"]
        self.tokenizer = Tokenizer.from_str(load_tokenizer(str(folder)).to_str())  # a copy: what is loaded is shared
        self.tokenizer.encode_special_tokens = True  # a text that spells a special token is text
        self.tokenizer.enable_truncation(most)

    def grades(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the model's output for each text: (n_texts,) float32."""
        found = np.zeros(len(texts), np.float32)
        encoded = [item.ids for item in self.tokenizer.encode_batch([text[: self.characters] for text in texts])]
        lengths = np.array([len(ids) for ids in encoded], np.int64)
        with torch.inference_mode():
            for rows, width in length_batches(lengths, self.batch_tokens):
                # A tokenizer may add nothing, and no model reads nothing.
                ids = np.full((len(rows), max(width, 1)), self.padding, np.int64)
                mask = np.arange(max(width, 1)) < np.maximum(lengths[rows, None], 1)
                for row, number in enumerate(rows.tolist()):
                    ids[row, : lengths[number]] = encoded[number]
                batch = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
                on_device = {name: torch.from_numpy(value).to(self.model.device) for name, value in batch.items()}
                found[rows] = self.model(**on_device).logits[:, 0].float().cpu().numpy()
        return found
