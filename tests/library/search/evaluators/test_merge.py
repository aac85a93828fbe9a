from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import StageError
from mixpipe.mixture.simplex import snap
from mixpipe.search.evaluators.merge import Merge, merged
from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.proxy import Proxies
from mixpipe.search.training import log_probabilities, train_proxies
from mixpipe.store.files import write_arrays


def train(data: ProxyData, domain: int) -> Proxies:
    alone = np.eye(len(data.pools))[domain]
    return train_proxies(data.pools, alone[None], data.proxy, vocabulary=data.vocabulary, tokens=2000, seeds=[0])


@pytest.fixture(scope="module")
def models(data: ProxyData) -> list[Proxies]:
    return [train(data, domain) for domain in range(3)]


@pytest.fixture
def experts(models: list[Proxies], tmp_path: Path) -> dict[int, Path]:
    paths = {domain: tmp_path / f"experts-domain-{domain:03d}.npz" for domain in range(3)}
    for model, path in zip(models, paths.values(), strict=True):
        write_arrays(path, weights=model.weights()[0])
    return paths


@pytest.mark.parametrize("domain", [0, 1, 2])
def test_a_domain_alone_is_its_expert_to_the_last_bit(
    data: ProxyData, models: list[Proxies], experts: dict[int, Path], domain: int
) -> None:
    alone = np.eye(3)[domain]
    np.testing.assert_array_equal(merged(experts, alone), models[domain].weights()[0])
    found = Merge().measure(replace(data, experts=experts), alone, tokens=2000, seed=9)
    for texts, losses in ((data.targets, found.target_losses), (data.held_out, found.domain_losses)):
        np.testing.assert_array_equal(losses, texts.losses(log_probabilities(models[domain], texts)[0]))
    assert (found.status, found.tokens, found.model_size) == ("ok", 2000, models[domain].size)


def test_equal_experts_merge_to_themselves(models: list[Proxies], tmp_path: Path) -> None:
    write_arrays(tmp_path / "one.npz", weights=models[0].weights()[0])
    for mixture in snap(np.random.default_rng(0).dirichlet(np.ones(3), 20)):
        same = merged(dict.fromkeys(range(3), tmp_path / "one.npz"), mixture)
        assert same.dtype == np.float32
        np.testing.assert_array_equal(same, models[0].weights()[0])


def test_weights_are_averaged_by_share(models: list[Proxies], experts: dict[int, Path]) -> None:
    mixture = np.array([0.5, 0.125, 0.375])
    expected = mixture @ np.stack([model.weights()[0] for model in models]).astype(np.float64)
    np.testing.assert_allclose(merged(experts, mixture), expected, rtol=1e-6, atol=1e-9)


def test_an_expert_without_a_share_is_not_read(models: list[Proxies], experts: dict[int, Path]) -> None:
    experts[1].write_bytes(b"damaged")
    half = merged(experts, np.array([0.5, 0, 0.5]))
    np.testing.assert_allclose(half, (models[0].weights()[0] + models[2].weights()[0]) / 2, rtol=1e-6)


def test_a_share_of_a_diverged_expert_is_a_status(data: ProxyData, experts: dict[int, Path]) -> None:
    del experts[1]
    without = replace(data, experts=experts)
    found = Merge().measure(without, np.array([0.5, 0.25, 0.25]), tokens=2000, seed=0)
    assert found.status == "the expert of domain 1 diverged" and np.isnan(found.target_losses).all()
    assert Merge().measure(without, np.array([0.5, 0, 0.5]), tokens=2000, seed=0).status == "ok"


def test_experts_that_kept_no_weights_are_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "one.npz", targets=np.zeros(3))
    with pytest.raises(StageError, match=r"expected weights in .*one\.npz, found none"):
        merged({0: tmp_path / "one.npz"}, np.ones(1))


def test_a_proxy_gives_and_takes_its_weights(data: ProxyData) -> None:
    one, two = Proxies(data.proxy, 40, [1]), Proxies(data.proxy, 40, [2])
    assert one.weights().shape == (1, one.size) and not np.array_equal(one.weights(), two.weights())
    two.set_weights(one.weights())
    np.testing.assert_array_equal(one.weights(), two.weights())
