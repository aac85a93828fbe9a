"""Cross-entropy of tied output layers, without ever holding all logits.

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
    """Mean negative log-likelihood per model; the gradients are made in `forward`, where the logits are."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:  # noqa: ANN401  torch's context
        count, n, _ = hidden.shape
        rows = _rows(weight)
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)
        loss = torch.zeros(count, dtype=torch.float32, device=hidden.device)
        # One piece of memory for all chunks: asked of the system anew, its pages cost more than the products.
        held = hidden.new_empty(2, count * min(rows, n) * weight.shape[1])
        for start in range(0, n, rows):
            part, label = hidden[:, start : start + rows], labels[:, start : start + rows]
            logits, probability = (piece[: label.numel() * weight.shape[1]].view(*label.shape, -1) for piece in held)
            torch.bmm(part, weight.transpose(1, 2), out=logits)
            torch.softmax(logits, dim=-1, out=probability)
            # By flat places: torch's scatter copies all probabilities twice, half the time of a step.
            flat = probability.view(-1)
            places = torch.arange(label.numel(), device=label.device) * weight.shape[1] + label.flatten()
            right = flat[places]
            loss -= right.view(label.shape).float().clamp_min(1e-30).log().sum(dim=1)
            flat[places] = right - 1
            grad_hidden[:, start : start + rows] = torch.bmm(probability, weight)
            grad_weight += torch.bmm(probability.transpose(1, 2), part)
        ctx.save_for_backward(grad_hidden / n, grad_weight / n)
        return loss / n

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401  torch's context
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad[:, None, None], grad_weight * grad[:, None, None], None


def linear_cross_entropy(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Return the mean negative log-likelihood (count,), in nats, of `labels` under softmax(hidden @ weight.T).

    Args:
        hidden: (count, n, width), the dtype of the matrix products.
        weight: (count, vocabulary, width), the same dtype.
        labels: (count, n) int64.
    """
    loss: Tensor = _LinearCrossEntropy.apply(hidden, weight, labels)  # type: ignore[no-untyped-call]  # as torch has it
    return loss


@torch.no_grad()
def token_log_probabilities(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Return (count, n) float32: the natural logarithm of each label's probability, arguments as above."""
    rows = _rows(weight)
    found = []
    for start in range(0, hidden.shape[1], rows):
        logits = torch.bmm(hidden[:, start : start + rows], weight.transpose(1, 2)).float()
        label = labels[:, start : start + rows]
        found.append(-functional.cross_entropy(logits.transpose(1, 2), label, reduction="none"))
    return torch.cat(found, dim=1)


def _rows(weight: Tensor) -> int:
    return max(LOGITS_AT_ONCE // (weight.shape[0] * weight.shape[1]), 16)
