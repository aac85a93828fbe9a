"""Proxies that are trained: together or alone they give the same, a checkpoint is part of its run, failure a status."""

from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.evaluators.transformer import Transformer

MIXTURES = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])


@pytest.fixture(scope="module")
def together(data: ProxyData):
    return Transformer().measure_many(data, MIXTURES, tokens=3000, seeds=[3, 4])


def test_alone_or_together_a_trial_measures_the_same(data: ProxyData, together) -> None:
    alone = Transformer().measure(data, MIXTURES[1], tokens=3000, seed=4)
    # One program adds in another order: float32 keeps about 1e-6 of a loss near 1.
    assert together[1].target_losses == pytest.approx(alone.target_losses, abs=1e-4)
    assert (together[1].model_size, together[1].tokens) == (alone.model_size, alone.tokens)


def test_the_language_that_was_read_most_is_foreseen_best(together) -> None:
    assert [int(found.target_losses.argmin()) for found in together] == [0, 1]
    assert [int(found.domain_losses[:2].argmin()) for found in together] == [0, 1]


def test_a_domain_without_texts_held_out_has_no_loss(together) -> None:
    assert np.isfinite(together[0].domain_losses).tolist() == [True, True, False]


def test_checkpoints_are_of_the_same_run_and_before_its_end(data: ProxyData) -> None:
    proxy = data.proxy.model_copy(update={"checkpoints": 2})
    found = Transformer().measure(replace(data, proxy=proxy), MIXTURES[0], tokens=3000, seed=3)
    tokens = [at for at, _ in found.trajectory]
    assert len(tokens) == 2 and tokens == sorted(tokens) and tokens[-1] < found.tokens
    assert all(found.target_losses.mean() < losses.mean() for _, losses in found.trajectory)


def test_a_loss_that_is_no_number_is_a_status_and_harms_no_other(data: ProxyData) -> None:
    wild = replace(data, proxy=data.proxy.model_copy(update={"learning_rate": float("inf")}))
    found = Transformer().measure(wild, MIXTURES[0], tokens=3000, seed=3)
    assert found.status.startswith("diverged")
    assert np.isnan(found.target_losses).all() and np.isnan(found.domain_losses).all()


MIXTURE = np.array([0.4, 0.4, 0.2])


def at_rate(data: ProxyData, rate: float) -> ProxyData:
    return replace(data, proxy=data.proxy.model_copy(update={"learning_rate": rate}))


def test_a_finite_loss_beyond_a_blind_guess_is_a_divergence(data: ProxyData) -> None:
    """At this rate the losses end at some 700 bits per byte: numbers, but no measurement."""
    found = Transformer().measure(at_rate(data, 100.0), MIXTURE, tokens=64, seed=0)
    assert found.status == "diverged: it knows less of the domains it was trained on than a blind guess"
    assert np.isnan(found.target_losses).all() and np.isnan(found.domain_losses).all()


@pytest.mark.parametrize("tokens", [64, 3000])
def test_a_proxy_that_has_hardly_begun_has_not_diverged(data: ProxyData, tokens: int) -> None:
    assert Transformer().measure(data, MIXTURE, tokens=tokens, seed=0).status == "ok"


def test_what_it_was_not_trained_on_may_be_worse_than_blind(data: ProxyData) -> None:
    blind = data.targets.losses(np.full(data.targets.n_predicted, -np.log(data.vocabulary)))
    # The last domain has no held-out text, so nothing is said of a proxy of it alone.
    for found in Transformer().measure_many(data, np.eye(3)[[0, 2]], tokens=3000, seeds=[0, 0]):
        assert found.status == "ok"
        assert (found.target_losses > blind).sum() == 2
