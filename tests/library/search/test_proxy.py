import pytest
import torch

from mixpipe.errors import ConfigError, StageError
from mixpipe.search.config import ProxyConfig
from mixpipe.search.proxy import Proxies, compute_device, compute_dtype, most_together, room_for_proxies

CONFIG = ProxyConfig(width=32, heads=2, layers=2, context=16, dtype="float32")


def woken(seed: int = 0) -> Proxies:
    """A proxy whose blocks do something, as they do after training."""
    model = Proxies(CONFIG, 50, [seed])
    with torch.no_grad():
        for writes in (*model.project, *model.narrow):
            writes.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
    return model


def test_no_token_sees_the_future() -> None:
    model = woken()
    tokens = torch.arange(16)[None, None]
    changed = tokens.clone()
    changed[0, 0, 9] = 40
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :9], after[:, :9])
    assert not torch.allclose(before[:, 9:], after[:, 9:])


def test_attention_is_that_of_torch() -> None:
    model = woken()
    projected = torch.randn(3, 7, 96)
    query, key, value = projected.view(3, 7, 3, 2, 16).permute(2, 0, 3, 1, 4)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    torch.testing.assert_close(
        model._attention(projected.view(1, 21, 96), 3), expected.transpose(1, 2).reshape(1, 21, 32)
    )


def test_weights_follow_from_the_seed_alone() -> None:
    torch.manual_seed(5)
    first = Proxies(CONFIG, 50, [3])
    torch.manual_seed(6)
    again, other = Proxies(CONFIG, 50, [3]), Proxies(CONFIG, 50, [4])
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.embedding, other.embedding)


def test_size_counts_every_parameter() -> None:
    assert Proxies(CONFIG, 50, [0]).size == 50 * 32 + 16 * 32 + 2 * (3 + 1 + 4 + 4) * 32 * 32


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ConfigError, match=r"multiple of heads=5, found 32"):
        Proxies(CONFIG.model_copy(update={"heads": 5}), 50, [0])


def test_many_are_trained_as_one_program_on_an_accelerator_or_where_asked() -> None:
    assert most_together(CONFIG) == {"cpu": 1, "cuda": 64}[compute_device().type]
    assert most_together(CONFIG.model_copy(update={"together": 3})) == 3


def test_an_accelerator_that_is_too_small_says_what_to_lower() -> None:
    with pytest.raises(StageError, match=r"search\.proxy\.together lower: tried to allocate$"), room_for_proxies():
        raise torch.OutOfMemoryError("tried to allocate\nand more")


def test_bfloat16_stays_near_float32() -> None:
    model = woken()
    low = Proxies(CONFIG.model_copy(update={"dtype": "bfloat16"}), 50, [0])
    low.load_state_dict(model.state_dict())
    tokens = torch.arange(16)[None, None]
    with torch.no_grad():
        exact, rounded = model(tokens)[0], low(tokens)[0].float()
    assert torch.nn.functional.cosine_similarity(exact, rounded).min() > 0.999


def test_auto_is_one_of_the_two_dtypes() -> None:
    assert compute_dtype("auto") in (torch.bfloat16, torch.float32)
