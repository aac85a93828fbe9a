"""What a trained proxy is worth, and when it is worth nothing."""

from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.evaluators.transformer import Transformer

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
