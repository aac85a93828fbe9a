import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.effective_data import EffectiveDataLaw, fit_effective_data, perturbations

TRUTH = EffectiveDataLaw(
    np.array([0.8, 0.6, 0.7]),
    np.array([0.1, 0.25, 0.05]),
    np.array([0.8, 0.7, 0.9]),
    np.array([0.35, 0.3, 0.4]),
    np.array([1, 1.2, 0.8]),
)


def measured(seed):
    tokens = perturbations(np.ones(3))
    return tokens, TRUTH.predict(tokens) + 1e-4 * np.random.default_rng(seed).standard_normal(tokens.shape)


def excess(fitted, budget):
    best, found = TRUTH.optimum(budget), fitted.optimum(budget)
    return TRUTH.predict(budget * found[None]).sum() / TRUTH.predict(budget * best[None]).sum() - 1


def test_the_known_optimum():
    assert TRUTH.optimum(300) == pytest.approx([0.378, 0.305, 0.317], abs=1e-3)


def test_the_joint_fit_finds_it_far_beyond_the_runs():
    fitted = fit_effective_data(*measured(0))
    assert max(excess(fitted, budget) for budget in (3, 30, 300)) < 1e-4


def test_the_design_changes_one_domain_at_a_time():
    tokens = perturbations(np.array([2.0, 4, 6]))
    assert tokens.shape == (13, 3)
    assert (tokens[1:] != tokens[0]).sum(axis=1).tolist() == [1] * 12


def test_equal_domains_that_do_not_help_one_another_share_equally():
    law = EffectiveDataLaw(np.ones(4), np.zeros(4), np.ones(4), np.full(4, 0.3), np.arange(4.0))
    assert law.optimum(7) == pytest.approx(np.full(4, 0.25), abs=1e-4)


def test_no_other_mixture_is_better():
    tried = np.random.default_rng(0).dirichlet(np.ones(3), 5000)
    best = TRUTH.predict(30 * TRUTH.optimum(30)[None]).sum()
    assert best <= TRUTH.predict(30 * tried).sum(axis=1).min() + 1e-9


def test_domains_have_no_order_and_tokens_no_unit():
    tokens, losses = measured(0)
    plain, order = fit_effective_data(tokens, losses).optimum(30), [2, 0, 1]
    assert fit_effective_data(tokens[:, order], losses[:, order]).optimum(30) == pytest.approx(plain[order], abs=1e-4)
    assert fit_effective_data(1e6 * tokens, losses).optimum(3e7) == pytest.approx(plain, abs=1e-3)


def test_runs_that_cannot_be_fitted_are_refused():
    tokens, losses = measured(0)
    with pytest.raises(InputError, match="the effective data law has 5 parameters per target, found 4"):
        fit_effective_data(tokens[:4], losses[:4])
    with pytest.raises(InputError, match=r"tokens > 0 of every domain in every run, found 0\.0"):
        fit_effective_data(np.where(tokens == 3, 0, tokens), losses)
    with pytest.raises(InputError, match="budget > 0, found 0"):
        TRUTH.optimum(0)
