import numpy as np
import pytest

from mixpipe.mixture.dirichlet import Tempering, tempered_dirichlet

PRIOR = np.array([0.005, 0.02, 0.175, 0.8])


@pytest.mark.parametrize(
    ("usage", "acceptance", "mean"),
    [(15, 0.80, (0.004, 0.026, 0.308, 0.662)), (4, 0.51, (0.001, 0.007, 0.141, 0.851))],
)
def test_acceptance_and_accepted_mean_are_the_published_ones(
    usage: int, acceptance: float, mean: tuple[float, ...]
) -> None:
    draws = tempered_dirichlet(PRIOR, 20_000, np.random.default_rng(0), caps=np.minimum(1, usage * PRIOR))
    # Three standard errors of 20,000 accepted, .003 of the share and .002 of the mean, and half a unit of rounding.
    assert draws.acceptance == pytest.approx(acceptance, abs=0.015)
    assert draws.mean == pytest.approx(mean, abs=0.008)
    assert draws.mixtures.mean(axis=0) == pytest.approx(draws.mean, abs=0.004)
    assert draws.record() == {"drawn": draws.drawn, "refused": draws.refused, "mean": draws.mean.tolist()}
    assert draws.refused / draws.drawn == pytest.approx(1 - draws.acceptance)


def test_the_mean_without_caps_is_the_tempered_prior() -> None:
    draws = tempered_dirichlet(PRIOR, 50_000, np.random.default_rng(1))
    assert draws.acceptance == 1
    assert draws.mixtures.mean(axis=0) == pytest.approx(np.sqrt(PRIOR) / np.sqrt(PRIOR).sum(), abs=0.008)


def test_draws_are_mixtures_with_true_zeros_and_the_seed_decides_them() -> None:
    draws = [tempered_dirichlet(PRIOR, 100, np.random.default_rng(3)).mixtures for _ in range(2)]
    assert (draws[0] == draws[1]).all()
    assert draws[0].sum(axis=1) == pytest.approx(np.ones(100))
    assert (draws[0] == 0).any()
    assert not ((draws[0] > 0) & (draws[0] < 2e-4)).any()


def test_domains_without_tokens_are_never_drawn() -> None:
    draws = tempered_dirichlet(np.array([0.5, 0.0, 0.5]), 100, np.random.default_rng(0)).mixtures
    assert (draws[:, 1] == 0).all()
    assert np.isfinite(draws).all()


def test_impossible_caps_give_few_draws_and_say_so() -> None:
    draws = tempered_dirichlet(PRIOR, 10, np.random.default_rng(0), caps=np.full(4, 0.2))
    assert len(draws.mixtures) == 0
    assert (draws.acceptance, draws.refused, draws.mean.tolist()) == (0, draws.drawn, [0] * 4)


def test_draws_that_caps_refuse_are_projected_where_nothing_else_is_left() -> None:
    prior = np.full(40, 1 / 40)
    draws = tempered_dirichlet(prior, 50, np.random.default_rng(0), caps=4 * prior)
    assert (draws.drawn - draws.refused) / draws.drawn < 0.01
    assert draws.mixtures.shape == (50, 40)
    assert draws.mixtures.sum(axis=1) == pytest.approx(np.ones(50))
    assert draws.mixtures.max() == pytest.approx(0.1)
    assert len(np.unique(draws.mixtures, axis=0)) == 50
    # What is told of the draws is of those that the caps accept, as where they suffice.
    assert draws.mean.sum() == pytest.approx(float(draws.refused < draws.drawn))


def test_strong_draws_stay_near_the_prior() -> None:
    strong = Tempering(temperature=1, weakest=1e4, strongest=1e5)
    draws = tempered_dirichlet(PRIOR, 100, np.random.default_rng(0), tempering=strong).mixtures
    assert np.abs(draws - PRIOR).max() < 0.03
