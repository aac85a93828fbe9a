import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.errors import StageError
from mixpipe.search.evaluators.experts import Mixing
from mixpipe.search.texts import Texts

TEXTS = Texts.gather(
    [
        (0, np.arange(5, dtype=np.uint16), 9),
        (0, np.arange(30, dtype=np.uint16), 21),
        (2, np.arange(8, dtype=np.uint16), 8),
    ],
    owners=3,
    end_of_text=0,
)


def scores(seed: int, experts: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-9, -0.1, (experts, TEXTS.n_predicted)).astype(np.float32)


@given(st.integers(0, 99))
def test_mixing_is_log_sum_exp(seed: int) -> None:
    logs, weights = scores(seed).astype(np.float64), np.random.default_rng(seed).dirichlet(np.ones(3), 4)
    found = Mixing(TEXTS, scores(seed), np.arange(3)).losses(weights)
    mixed = np.log(np.einsum("qk,kn->qn", weights, np.exp(logs)))
    np.testing.assert_allclose(found[:, 0], -mixed[:, :35].sum(axis=1) / np.log(2) / 30, rtol=1e-5)
    np.testing.assert_allclose(found[:, 2], -mixed[:, 35:].sum(axis=1) / np.log(2) / 8, rtol=1e-5)
    assert np.isnan(found[:, 1]).all()  # no texts


@given(st.integers(0, 99))
def test_a_mixture_is_never_worse_than_its_experts_on_average(seed: int) -> None:
    mixing, weights = Mixing(TEXTS, scores(seed), np.arange(3)), np.random.default_rng(seed).dirichlet(np.ones(3))
    alone = mixing.losses(np.eye(3))[:, [0, 2]]
    assert (mixing.losses(weights[None])[0, [0, 2]] <= weights @ alone + 1e-6).all()


def test_a_domain_without_an_expert_is_left_out() -> None:
    mixing = Mixing(TEXTS, scores(0, 2), np.array([0, 2]))
    both = Mixing(TEXTS, scores(0, 2), np.array([0, 1])).losses(np.array([[0.3, 0.7]]))
    np.testing.assert_array_equal(mixing.losses(np.array([[0.3, 0.0, 0.7]])), both)


def test_a_sample_of_everything_is_everything() -> None:
    mixing, weights = Mixing(TEXTS, scores(0), np.arange(3)), np.random.default_rng(0).dirichlet(np.ones(3), 5)
    np.testing.assert_array_equal(
        mixing.losses(weights, most_per_owner=35), mixing.losses(weights, most_per_owner=None)
    )
    sampled = mixing.losses(weights, most_per_owner=5)
    assert np.isfinite(sampled[:, [0, 2]]).all()


def test_an_unlikely_token_stays_finite() -> None:
    far = np.full((2, TEXTS.n_predicted), -300, dtype=np.float32)
    far[1] = -1
    assert np.isfinite(Mixing(TEXTS, far, np.arange(2)).losses(np.array([[1.0, 0.0]]))[:, [0, 2]]).all()


def test_without_experts_there_is_nothing_to_mix() -> None:
    with pytest.raises(StageError, match="expected trained experts, found none"):
        Mixing.read({}, TEXTS, "targets")
