import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mixpipe.search.cross_entropy import linear_cross_entropy, token_log_probabilities


@settings(deadline=None, max_examples=20)
@given(rows=st.integers(1, 300), vocabulary=st.sampled_from([7, 600, 70_000]), seed=st.integers(0, 99))
def test_loss_and_gradients_are_those_of_the_plain_formula(rows: int, vocabulary: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(2, rows, 8, generator=generator, requires_grad=True)
    weight = torch.randn(2, vocabulary, 8, generator=generator, requires_grad=True)
    labels = torch.randint(0, vocabulary, (2, rows), generator=generator)
    plain = torch.stack(
        [functional.cross_entropy(h @ w.T, label) for h, w, label in zip(hidden, weight, labels, strict=True)]
    )
    factors = torch.tensor([3.0, -2.0])
    expected = torch.autograd.grad((factors * plain).sum(), (hidden, weight))
    fused = linear_cross_entropy(hidden, weight, labels)
    found = torch.autograd.grad((factors * fused).sum(), (hidden, weight))
    torch.testing.assert_close(fused, plain, rtol=1e-4, atol=1e-5)
    for gradient, other in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-3, atol=1e-5)


def test_a_token_held_impossible_still_has_a_finite_loss() -> None:
    hidden, weight = torch.tensor([[[1.0]]]), torch.tensor([[[500.0], [-500.0]]])
    assert torch.isfinite(linear_cross_entropy(hidden, weight, torch.tensor([[1]])).all())


def test_log_probabilities_sum_to_one_over_the_vocabulary() -> None:
    hidden, weight = torch.randn(1, 1, 4).repeat(1, 9, 1), torch.randn(1, 9, 4)
    scores = token_log_probabilities(hidden, weight, torch.arange(9)[None])
    torch.testing.assert_close(scores.exp().sum(), torch.tensor(1.0))
