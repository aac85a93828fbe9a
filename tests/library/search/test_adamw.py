import torch
from torch import nn

from mixpipe.search.adamw import BETAS, EPSILON, GRADIENT_NORM, WEIGHT_DECAY, AdamW

INPUTS = torch.randn(20, 2, 4, 3, generator=torch.Generator().manual_seed(1))


class Stacked(nn.Module):
    """Two little models of two layers each."""

    def __init__(self, *seeds: int) -> None:
        super().__init__()
        drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.first = nn.Parameter(torch.stack([torch.randn(3, 5, generator=g) for g in drawn]))
        self.second = nn.Parameter(torch.stack([torch.randn(5, 2, generator=g) for g in drawn]))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return (rows @ self.first @ self.second).square().sum()


def test_steps_are_those_of_torch_for_every_model_by_itself() -> None:
    ours, theirs = Stacked(0, 1), [Stacked(0), Stacked(1)]
    optimiser = AdamW(ours)
    others = [
        torch.optim.AdamW(one.parameters(), lr=0.1, betas=BETAS, eps=EPSILON, weight_decay=WEIGHT_DECAY)
        for one in theirs
    ]
    for step, rows in enumerate(INPUTS):
        ours(rows).backward()
        optimiser.step(0.1 / (step + 1))
        for one, other, own in zip(theirs, others, rows, strict=True):
            other.zero_grad()
            one(own).backward()
            nn.utils.clip_grad_norm_(one.parameters(), GRADIENT_NORM)
            other.param_groups[0]["lr"] = 0.1 / (step + 1)
            other.step()
    for ours_of_both, *separate in zip(ours.parameters(), *(one.parameters() for one in theirs), strict=True):
        torch.testing.assert_close(ours_of_both, torch.cat(separate), rtol=1e-4, atol=1e-5)


def test_a_step_clears_the_gradient() -> None:
    made = Stacked(0)
    optimiser = AdamW(made)
    made(torch.ones(1, 3)).backward()
    assert optimiser.gradient.abs().sum() > 0
    optimiser.step(0.1)
    assert all(not parameter.grad.any() for parameter in made.parameters() if parameter.grad is not None)
