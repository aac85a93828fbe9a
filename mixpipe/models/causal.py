"""The loss of every token of a text under a causal language model that is given.

A text is tokenised without special tokens and read in stretches of at most `window` tokens, each after the model's
token for a beginning (that for an end where it has none, as GPT-2 and its kin were trained). So every token has a loss,
the first one too, and the loss of token j comes from the output at token j - 1. Stretches of nearly equal length make
a batch; padding stands behind them, where a causal model cannot see it, so no mask is needed. Of several tokens for an
end, which chat models have, the first is that of a text.

What the folder holds is checked by what it does: a model that looks ahead (a masked one, say) would find every text
likely, so one whose outputs move with a later token is refused.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mixpipe.errors import ConfigError
from mixpipe.models.batches import length_batches
from mixpipe.models.loading import load_model
from mixpipe.models.precision import resolve_device
from mixpipe.tokenizer import encode_texts, load_tokenizer, vocabulary_size

__all__ = ["CausalModel", "Tokens"]

# Tokens of a batch, padding included: a stretch or two on a CPU, where more would leave the cache.
BATCH_TOKENS = {"cpu": 1 << 10, "cuda": 1 << 14}
# Outputs turned to float32 at once: 50 MB at a vocabulary of 50,000.
ROWS = 256
# Of an output, or of the outputs' deviation: bfloat16 and the order of sums make less of a difference, and a model that
# is hardly trained has outputs so small that no fixed number would tell.
LOOKS_AHEAD = 1e-2


class Tokens(NamedTuple):
    """Tokens of several texts, back to back.

    Attributes:
        ids: (n_tokens,) int32, in the model's vocabulary.
        counts: (n_texts,) int64, tokens of each text.
    """

    ids: NDArray[np.int32]
    counts: NDArray[np.int64]


class CausalModel:
    """A causal language model on one device."""

    def __init__(self, folder: Path, *, dtype: str, window: int, device: str | None = None) -> None:
        """Load a model without touching the network or running code of its folder.

        Args:
            folder: with config.json, tokenizer.json and *.safetensors.
            dtype: `float32` or `bfloat16`; outputs are turned to float32 for the loss.
            window: most tokens read as one stretch, if the model can.
            device: None: CUDA when present.

        Raises:
            ConfigError: this is no causal language model, or not all of one.
        """
        device = resolve_device(device)
        self.batch_tokens = BATCH_TOKENS["cuda" if device.startswith("cuda") else "cpu"]
        self.tokenizer = load_tokenizer(str(folder))
        self._chat = Tokenizer.from_str(self.tokenizer.to_str())
        self._chat.encode_special_tokens = False
        self.model = load_model("causal language model", folder, dtype, device)
        config = self.model.config.get_text_config()
        ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
        end: Any = next(iter(ends), None)
        begin = end if config.bos_token_id is None else config.bos_token_id
        end = begin if end is None else end
        self.window = min(window, getattr(config, "max_position_embeddings", None) or window)
        self._check_looks_back_only(folder)
        known = self.model.get_input_embeddings().num_embeddings
        has_ends = begin is not None and all(0 <= token < known for token in (begin, end))
        if not has_ends or vocabulary_size(self.tokenizer) > known:
            raise ConfigError(
                f"expected bos_token_id or eos_token_id in config.json, from 0 to {known - 1}, and at most {known} "
                f"tokens in tokenizer.json in {folder}, found {begin}, {end} and {vocabulary_size(self.tokenizer)} "
                "tokens; give the folder as its trainer saved it"
            )
        self.begin, self.end = begin, end

    def tokens(self, texts: Sequence[str], *, special: bool = False) -> Tokens:
        """Return the tokens of texts, none added to them.

        Args:
            texts: of any length.
            special: what a text spells like a special token is that token; it is text otherwise.
        """
        pieces, counts = [np.zeros(0, np.int32)], np.zeros(len(texts), np.int64)
        for number, ids in self._with_special(texts) if special else encode_texts(self.tokenizer, texts):
            pieces.append(np.array(ids, np.int32))  # a tenth of the list's memory
            counts[number] += len(ids)
        return Tokens(np.concatenate(pieces), counts)

    def _with_special(self, texts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
        # Not the shared tokenizer, which takes every text as plain.
        encoded = self._chat.encode_batch(list(texts), add_special_tokens=False)
        return ((number, encoding.ids) for number, encoding in enumerate(encoded))

    def losses(self, tokens: Tokens, *, window: int | None = None) -> NDArray[np.float32]:
        """Return the loss of every token, in nats: (n_tokens,) float32.

        Args:
            tokens: of texts.
            window: most tokens read as one stretch, at most the model's own; None: as many.
        """
        starts, lengths = _stretches(tokens.counts, window or self.window)
        found = np.zeros(len(tokens.ids), np.float32)
        with torch.inference_mode():
            for rows, width in length_batches(lengths, self.batch_tokens):
                inside = np.arange(width) < lengths[rows, None]
                places = np.where(inside, starts[rows, None] + np.arange(width), 0)
                batch = np.where(inside, tokens.ids[places], self.begin)
                found[places[inside]] = self._forward(torch.from_numpy(batch).long())[inside]
        return found

    def _forward(self, batch: torch.Tensor) -> NDArray[np.float32]:
        """Return the loss of each token of a batch: (n, width) float32."""
        batch = batch.to(self.model.device)
        begins = torch.full_like(batch[:, :1], self.begin)
        outputs = self._outputs(torch.cat([begins, batch[:, :-1]], dim=1)).flatten(0, 1)
        pairs = zip(torch.split(outputs, ROWS), torch.split(batch.flatten(), ROWS), strict=True)
        losses = [torch.nn.functional.cross_entropy(rows.float(), ids, reduction="none") for rows, ids in pairs]
        result: NDArray[np.float32] = torch.cat(losses).reshape(batch.shape).cpu().numpy()
        return result

    def _outputs(self, tokens: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.model(input_ids=tokens, use_cache=False).logits
        return outputs

    def _check_looks_back_only(self, folder: Path) -> None:
        tokens = torch.tensor([[0, 1, 2, 3], [0, 1, 2, 4]], device=self.model.device) % vocabulary_size(self.tokenizer)
        with torch.inference_mode():
            one, other = self._outputs(tokens)[:, :3].float()
        if not torch.allclose(one, other, rtol=LOOKS_AHEAD, atol=LOOKS_AHEAD * min(1.0, one.std().item())):
            raise ConfigError(
                f"expected a causal language model in {folder}, found {type(self.model).__name__}, whose outputs "
                "depend on later tokens; give a model that was trained to predict the next one"
            )


def _stretches(counts: NDArray[np.int64], window: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each stretch of at most `window` tokens starts, among all tokens, and its length."""
    parts = list(_cut(counts.tolist(), window))
    starts, lengths = np.array(parts, np.int64).reshape(-1, 2).T
    return starts, lengths


def _cut(counts: Sequence[int], window: int) -> Iterator[tuple[int, int]]:
    before = 0
    for count in counts:
        for start in range(0, count, window):
            yield before + start, min(window, count - start)
        before += count
