"""AdamW over one flat vector, with the norm of each model's gradient held down.

Loshchilov and Hutter 2019 (arXiv 1711.05101). Written out because torch's own optimisers load its compiler when they
are made, 1.2 s of every worker process, as long as loading torch itself. All parameters become views of one vector
and their gradients views of another, so that a step is a dozen passes over memory whatever the number of layers and of
models.
"""

import torch
from torch import nn

__all__ = ["AdamW"]

BETAS = (0.9, 0.95)
EPSILON = 1e-8
WEIGHT_DECAY = 0.1
GRADIENT_NORM = 1.0


class AdamW:
    """Updates stacked models in place; their parameters must be float32, with a first dimension that counts models."""

    def __init__(self, models: nn.Module) -> None:
        """Move the parameters and their gradients into two vectors."""
        parameters = list(models.parameters())
        self.weights = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.gradient = torch.zeros_like(self.weights)
        self._first, self._second = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        # Kept: megabytes asked of the system anew in every step cost more than the arithmetic on them.
        self._scratch = torch.empty_like(self.weights)
        self._steps = 0
        self._gradients = []
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.data = self.weights[start:end].view_as(parameter)
            parameter.grad = self.gradient[start:end].view_as(parameter)
            self._gradients.append(parameter.grad.flatten(1))
            start = end

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Apply the gradient that backward passes have added up, and clear it."""
        self._steps += 1
        squares = torch.stack([gradient.square().sum(dim=1) for gradient in self._gradients])
        shrink = (GRADIENT_NORM / (squares.sum(dim=0).sqrt() + 1e-6)).clamp(max=1.0)
        for gradient in self._gradients:
            gradient *= shrink[:, None]
        self._first.lerp_(self.gradient, 1 - BETAS[0])
        self._second.mul_(BETAS[1]).addcmul_(self.gradient, self.gradient, value=1 - BETAS[1])
        scale = torch.div(self._second, 1 - BETAS[1] ** self._steps, out=self._scratch).sqrt_().add_(EPSILON)
        self.weights.mul_(1 - learning_rate * WEIGHT_DECAY)
        self.weights.addcdiv_(self._first, scale, value=-learning_rate / (1 - BETAS[0] ** self._steps))
        self.gradient.zero_()
