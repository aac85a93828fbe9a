"""Cross-entropy of a tied output layer, without ever holding all logits.

At a vocabulary of 4,096 the logits of one step are eight times the size of every activation of a small proxy, and
reading them from memory is what a plain loop waits for. Here they are made for a few hundred tokens at a time, turned
into gradients while they are in the cache, and thrown away: forward and backward in one pass, after the "fused linear
cross-entropy" of GPU kernels. Measured by `benchmarks/proxies.py`.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["linear_cross_entropy", "token_log_probabilities"]

# Logits held at once: 2 MiB in bfloat16, within the second-level cache of one core together with the weights.
LOGITS_AT_ONCE = 1 << 20


class _LinearCrossEntropy(torch.autograd.Function):
    """Mean negative log-likelihood; the gradients are made in `forward`, where the logits are."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:  # noqa: ANN401  torch's context
        rows = _rows(weight)
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)
        loss = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for start in range(0, len(hidden), rows):
            part, label = hidden[start : start + rows], labels[start : start + rows, None]
            probability = torch.softmax(part @ weight.T, dim=-1)
            right = probability.gather(1, label)
            loss -= right.float().clamp_min(1e-30).log().sum()
            probability.scatter_(1, label, right - 1)
            torch.mm(probability, weight, out=grad_hidden[start : start + rows])
            grad_weight += probability.T @ part
        ctx.save_for_backward(grad_hidden / len(hidden), grad_weight / len(hidden))
        return loss / len(hidden)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401  torch's context
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad, grad_weight * grad, None


def linear_cross_entropy(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Return the mean negative log-likelihood, in nats, of `labels` under softmax(hidden @ weight.T).

    Args:
        hidden: (n, width), the dtype of the matrix products.
        weight: (vocabulary, width), the same dtype.
        labels: (n,) int64.
    """
    loss: Tensor = _LinearCrossEntropy.apply(hidden, weight, labels)  # type: ignore[no-untyped-call]  # as torch has it
    return loss


@torch.no_grad()
def token_log_probabilities(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Return (n,) float32: the natural logarithm of each label's probability, arguments as above."""
    rows = _rows(weight)
    found = []
    for start in range(0, len(hidden), rows):
        logits = (hidden[start : start + rows] @ weight.T).float()
        found.append(-functional.cross_entropy(logits, labels[start : start + rows], reduction="none"))
    return torch.cat(found)


def _rows(weight: Tensor) -> int:
    return max(LOGITS_AT_ONCE // len(weight), 16)
