"""The proxy: a small decoder-only transformer.

Pre-norm blocks (RMSNorm without gains), causal attention, a GELU layer of four times the width, learned positions,
tied embeddings and no biases: the parts that cost least on one CPU core, where a proxy is trained. Parameters are
float32 and are cast to the compute dtype at use, so that bfloat16 products update full-precision weights. Weights
are drawn from the seed alone. About 0.5 M parameters at the default configuration.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mixpipe.errors import ConfigError
from mixpipe.search.config import ProxyConfig

__all__ = ["Proxy", "compute_device", "compute_dtype"]

# 0.05 against the usual 0.02, with the blocks' scales below: 0.15 bits per byte less after 120,000 tokens.
EMBEDDING_SD = 0.05


class Proxy(nn.Module):
    """A language model."""

    def __init__(self, config: ProxyConfig, vocabulary: int, seed: int) -> None:
        """Draw a model of `config`'s shape over so many tokens from a seed."""
        super().__init__()
        if config.width % config.heads:
            raise ConfigError(
                f"expected search.proxy.width to be a multiple of heads={config.heads}, found {config.width}"
            )
        width, depth = config.width, config.layers
        self.config = config
        self.dtype = compute_dtype(config.dtype)
        self.embedding = nn.Parameter(torch.empty(vocabulary, width))
        self.positions = nn.Parameter(torch.empty(config.context, width))
        self.attend = nn.ParameterList(torch.empty(3 * width, width) for _ in range(depth))
        self.project = nn.ParameterList(torch.empty(width, width) for _ in range(depth))
        self.widen = nn.ParameterList(torch.empty(4 * width, width) for _ in range(depth))
        self.narrow = nn.ParameterList(torch.empty(width, 4 * width) for _ in range(depth))
        self._draw(torch.Generator().manual_seed(seed))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def weights(self) -> np.ndarray:
        """All parameters one after the other, (size,) float32."""
        return nn.utils.parameters_to_vector(self.parameters()).detach().cpu().numpy()

    @torch.no_grad()
    def set_weights(self, weights: np.ndarray) -> None:
        """Replace all parameters by (size,) float32, as `weights` gave them."""
        vector = torch.from_numpy(weights).to(self.embedding.device)
        nn.utils.vector_to_parameters(vector, self.parameters())

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the last hidden states, to be multiplied with `output_weight()`.

        Args:
            tokens: (batch, length) int64, length at most the context.

        Returns:
            (batch, length, width) in the compute dtype.
        """
        state = functional.embedding(tokens, self.embedding) + self.positions[: tokens.shape[1]]
        state = state.to(self.dtype)
        for attend, project, widen, narrow in zip(self.attend, self.project, self.widen, self.narrow, strict=True):
            state = state + self._linear(self._attention(self._linear(_norm(state), attend)), project)
            state = state + self._linear(functional.gelu(self._linear(_norm(state), widen)), narrow)
        return _norm(state)

    def output_weight(self) -> Tensor:
        """Return the tied output layer, (vocabulary, width) in the compute dtype."""
        return self.embedding.to(self.dtype)

    @torch.no_grad()
    def _draw(self, generator: torch.Generator) -> None:
        """Draw the initial weights; what writes to the residual stream starts at zero, so a block starts as nothing."""
        for table in (self.embedding, self.positions):
            table.normal_(0.0, EMBEDDING_SD, generator=generator)
        for reads in (*self.attend, *self.widen):
            reads.normal_(0.0, self.config.width**-0.5, generator=generator)
        for writes in (*self.project, *self.narrow):
            writes.zero_()

    def _linear(self, state: Tensor, weight: Tensor) -> Tensor:
        return functional.linear(state, weight.to(self.dtype))

    def _attention(self, projected: Tensor) -> Tensor:
        """Written out: torch's own CPU kernel takes five times as long backwards in bfloat16 at these sizes."""
        batch, length, _ = projected.shape
        heads, depth = self.config.heads, self.config.width // self.config.heads
        query, key, value = (
            projected.view(batch, length, 3, heads, depth).permute(2, 0, 3, 1, 4).reshape(3, -1, length, depth)
        )
        future = torch.full((length, length), -torch.inf, dtype=self.dtype, device=projected.device).triu(1)
        scores = torch.baddbmm(future, query, key.transpose(1, 2), alpha=depth**-0.5)
        mixed = torch.bmm(torch.softmax(scores, dim=-1), value)
        return mixed.view(batch, heads, length, depth).transpose(1, 2).reshape(batch, length, -1)


def _norm(state: Tensor) -> Tensor:
    return functional.rms_norm(state, state.shape[-1:])


def compute_device() -> torch.device:
    """Return the accelerator when there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def compute_dtype(name: str) -> torch.dtype:
    """Return the dtype of the matrix products: bfloat16 where the machine has instructions for it under `auto`."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
        found = torch.cpu.get_capabilities()
        native = any(found.get(flag) for flag in ("avx512_bf16", "amx_bf16", "bf16"))
        return torch.bfloat16 if native else torch.float32
    return {"bfloat16": torch.bfloat16, "float32": torch.float32}[name]
