import torch
from torch import nn

from mixpipe.search.adamw import BETAS, EPSILON, GRADIENT_NORM, WEIGHT_DECAY, AdamW


def model() -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    made = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(generator=generator)
    return made


def test_steps_are_those_of_torch() -> None:
    ours, theirs = model(), model()
    optimiser = AdamW(ours)
    other = torch.optim.AdamW(theirs.parameters(), lr=0.1, betas=BETAS, eps=EPSILON, weight_decay=WEIGHT_DECAY)
    inputs = torch.randn(20, 4, 3, generator=torch.Generator().manual_seed(1))
    for step, rows in enumerate(inputs):
        ours(rows).square().sum().backward()
        optimiser.step(0.1 / (step + 1))
        other.zero_grad()
        theirs(rows).square().sum().backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), GRADIENT_NORM)
        other.param_groups[0]["lr"] = 0.1 / (step + 1)
        other.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_a_step_clears_the_gradient() -> None:
    made = model()
    optimiser = AdamW(made)
    made(torch.ones(1, 3)).sum().backward()
    assert optimiser.gradient.abs().sum() > 0
    optimiser.step(0.1)
    assert all(not parameter.grad.any() for parameter in made.parameters() if parameter.grad is not None)
