import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.critical_ratio import critical_ratio, fit_power_sum

RATIOS = np.array([1 / 8, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 1])
TOKENS = np.arange(4, 101, 4.0)
GENERAL = 0.2 * RATIOS[:, None] ** 2 * -np.expm1(-TOKENS / 20)
DOMAIN = -0.3 * RATIOS[:, None] * TOKENS**0.3


def test_the_known_crossing():
    for noise in (0, 1e-4):
        general = GENERAL + noise * np.random.default_rng(0).standard_normal(GENERAL.shape)
        found = critical_ratio(RATIOS, TOKENS, DOMAIN, general, budget=100)
        assert found.ratio == pytest.approx(0.5017, rel=0.01)


def test_a_rise_does_not_matter_when_any_is_tolerated():
    found = critical_ratio(RATIOS, TOKENS, DOMAIN, GENERAL, budget=100, tolerated_rise=np.inf)
    assert found.ratio == 1


def test_a_domain_that_is_not_learned_has_no_ratio():
    assert critical_ratio(RATIOS, TOKENS, -DOMAIN, GENERAL, budget=100).ratio == 0
    assert critical_ratio(RATIOS, TOKENS, DOMAIN, GENERAL + 1, budget=100).ratio == 0


def test_a_loss_that_recovers_is_judged_at_the_end():
    general = RATIOS[:, None] * (0.4 * TOKENS**-0.5 - 0.1 * TOKENS**0.2)
    found = critical_ratio(RATIOS, TOKENS, DOMAIN, general, budget=100, tolerated_rise=0)
    assert (found.ratio, found.rising) == (1, False)
    rising = critical_ratio(RATIOS, TOKENS, DOMAIN, 0.01 * RATIOS[:, None] * TOKENS**0.5, budget=100)
    assert (rising.ratio, rising.rising) == (pytest.approx(0.5, rel=0.01), True)


def test_a_curve_is_recovered_and_the_ratio_over_budgets_is_one():
    budgets = np.array([5.0, 10, 20, 40, 80])
    ratios = 0.6 - 0.5 * budgets**-0.4
    fitted = fit_power_sum(budgets, ratios)
    assert fitted.predict(np.array([160.0])) == pytest.approx(0.6 - 0.5 * 160**-0.4, abs=1e-4)
    assert fitted.slope(20) == pytest.approx(0.5 * 0.4 * 20**-0.4, abs=1e-4)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(InputError, match="2 power terms has 5 parameters, found 4 different token counts"):
        critical_ratio(RATIOS, TOKENS[:4], DOMAIN[:, :4], GENERAL[:, :4], budget=100)
    with pytest.raises(InputError, match="increasing ratios"):
        critical_ratio(RATIOS[::-1], TOKENS, DOMAIN, GENERAL, budget=100)
    with pytest.raises(InputError, match=r"the least 0\.0"):
        fit_power_sum(TOKENS - 4, DOMAIN[0])


def test_continued_pretraining_crosses_where_the_mixing_law_says(recorded):
    runs = recorded("data_mixing_laws/ct")
    runs = runs.rows(np.abs(runs.mixtures[:, 0] - 0.28516) > 1e-3)
    ratios, steps = np.unique(runs.mixtures[:, 1]), np.unique(runs.columns["step"])
    rows = np.lexsort([runs.columns["step"], runs.mixtures[:, 1]])
    overall, code = (
        runs.losses[rows, runs.targets.index(name)].reshape(len(ratios), len(steps))
        for name in ("pile_overall", "python_code")
    )
    # 2.87337 was the general loss before; the domain's is not recorded, only that it fell.
    found = critical_ratio(ratios, steps, code - 4, overall - 2.87337, budget=10_000, tolerated_rise=0)
    assert 1 - found.ratio == pytest.approx(0.2862, abs=0.01)
