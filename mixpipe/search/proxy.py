"""Proxies: small decoder-only transformers, one or many of them as one program.

Pre-norm blocks (RMSNorm without gains), causal attention, a GELU layer of four times the width, learned positions,
tied embeddings and no biases: the parts that cost least on one CPU core, where a proxy is trained. Parameters are
float32 and are cast to the compute dtype at use, so that bfloat16 products update full-precision weights. Weights
are drawn from the seed alone. About 0.5 M parameters at the default configuration.

Many proxies are stacked: every parameter has a first dimension that counts them and every product is batched over it,
so that an accelerator, which one small proxy leaves idle, trains dozens in the time of a few. They share nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mixpipe.errors import ConfigError, StageError
from mixpipe.search.config import ProxyConfig

__all__ = ["Proxies", "compute_device", "compute_dtype", "most_together", "room_for_proxies"]

# 0.05 against the usual 0.02, with the blocks' scales below: 0.15 bits per byte less after 120,000 tokens.
EMBEDDING_SD = 0.05
TOGETHER = 64  # proxies that an accelerator trains as one program


class Proxies(nn.Module):
    """Language models of one shape that know nothing of each other."""

    def __init__(self, config: ProxyConfig, vocabulary: int, seeds: Sequence[int]) -> None:
        """Draw one model of `config`'s shape over so many tokens from each seed."""
        super().__init__()
        if config.width % config.heads:
            raise ConfigError(
                f"expected search.proxy.width to be a multiple of heads={config.heads}, found {config.width}"
            )
        count, width, depth = len(seeds), config.width, config.layers
        self.config = config
        self.dtype = compute_dtype(config.dtype)
        self.embedding = nn.Parameter(torch.empty(count, vocabulary, width))
        self.positions = nn.Parameter(torch.empty(count, config.context, width))
        self.attend = nn.ParameterList(torch.empty(count, 3 * width, width) for _ in range(depth))
        self.project = nn.ParameterList(torch.empty(count, width, width) for _ in range(depth))
        self.widen = nn.ParameterList(torch.empty(count, 4 * width, width) for _ in range(depth))
        self.narrow = nn.ParameterList(torch.empty(count, width, 4 * width) for _ in range(depth))
        for model, seed in enumerate(seeds):
            self._draw(model, torch.Generator().manual_seed(seed))

    @property
    def count(self) -> int:
        """Number of models."""
        return len(self.embedding)

    @property
    def size(self) -> int:
        """Number of parameters of one model."""
        return sum(parameter[0].numel() for parameter in self.parameters())

    def weights(self) -> np.ndarray:
        """Return each model's parameters one after the other, (count, size) float32."""
        return torch.cat([parameter.detach().flatten(1) for parameter in self.parameters()], dim=1).cpu().numpy()

    @torch.no_grad()
    def set_weights(self, weights: np.ndarray) -> None:
        """Replace all parameters by (count, size) float32, as `weights` gave them."""
        parameters = list(self.parameters())
        sizes = [parameter[0].numel() for parameter in parameters]
        for parameter, values in zip(parameters, torch.split(torch.from_numpy(weights), sizes, dim=1), strict=True):
            parameter.copy_(values.reshape(parameter.shape))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the last hidden states, to be multiplied with `output_weight()`.

        Args:
            tokens: (count, batch, length) int64, length at most the context.

        Returns:
            (count, batch * length, width) in the compute dtype.
        """
        count, batch, length = tokens.shape
        rows = torch.arange(count, device=tokens.device)[:, None, None]
        state = self.embedding[rows, tokens] if count > 1 else functional.embedding(tokens[0], self.embedding[0])[None]
        state = (state + self.positions[:, None, :length]).to(self.dtype).flatten(1, 2)
        for attend, project, widen, narrow in zip(self.attend, self.project, self.widen, self.narrow, strict=True):
            mixed = self._attention(self._linear(_norm(state), attend), batch)
            state = state + self._linear(mixed, project)
            state = state + self._linear(functional.gelu(self._linear(_norm(state), widen)), narrow)
        return _norm(state)

    def output_weight(self) -> Tensor:
        """Return the tied output layers, (count, vocabulary, width) in the compute dtype."""
        return self.embedding.to(self.dtype)

    @torch.no_grad()
    def _draw(self, model: int, generator: torch.Generator) -> None:
        """Draw initial weights; what writes to the residual stream starts at zero, so a block starts as nothing."""
        for table in (self.embedding, self.positions):
            table[model].normal_(0.0, EMBEDDING_SD, generator=generator)
        for reads in (*self.attend, *self.widen):
            reads[model].normal_(0.0, self.config.width**-0.5, generator=generator)
        for writes in (*self.project, *self.narrow):
            writes[model].zero_()

    def _linear(self, state: Tensor, weight: Tensor) -> Tensor:
        return torch.bmm(state, weight.to(self.dtype).transpose(1, 2))

    def _attention(self, projected: Tensor, batch: int) -> Tensor:
        """Written out: torch's own CPU kernel takes five times as long backwards in bfloat16 at these sizes."""
        count, rows, _ = projected.shape
        length, heads, depth = rows // batch, self.config.heads, self.config.width // self.config.heads
        query, key, value = (
            projected.view(count * batch, length, 3, heads, depth).permute(2, 0, 3, 1, 4).reshape(3, -1, length, depth)
        )
        future = torch.full((length, length), -torch.inf, dtype=self.dtype, device=projected.device).triu(1)
        scores = torch.baddbmm(future, query, key.transpose(1, 2), alpha=depth**-0.5)
        mixed = torch.bmm(torch.softmax(scores, dim=-1), value)
        return mixed.view(-1, heads, length, depth).transpose(1, 2).reshape(count, rows, -1)


def _norm(state: Tensor) -> Tensor:
    return functional.rms_norm(state, state.shape[-1:])


def compute_device() -> torch.device:
    """Return the accelerator when there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def most_together(config: ProxyConfig) -> int:
    """Return how many proxies to train as one program on the machine that this is called on."""
    return config.together or (1 if compute_device().type == "cpu" else TOGETHER)


@contextmanager
def room_for_proxies() -> Iterator[None]:
    """Say what to do when the accelerator's memory is too small for a program's proxies.

    Raises:
        StageError: it was.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise StageError(
            "expected room on the accelerator for all proxies of one program; set search.proxy.together lower: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error


def compute_dtype(name: str) -> torch.dtype:
    """Return the dtype of the matrix products: bfloat16 where the machine has instructions for it under `auto`."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
        found = torch.cpu.get_capabilities()
        native = any(found.get(flag) for flag in ("avx512_bf16", "amx_bf16", "bf16"))
        return torch.bfloat16 if native else torch.float32
    return {"bfloat16": torch.bfloat16, "float32": torch.float32}[name]
