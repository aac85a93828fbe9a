import numpy as np
import pytest

from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS, expected_copies, value_bins
from mixpipe.plan.makers.samplemix import SampleMix
from mixpipe.plan.makers.tempered import Tempered, exponential

# Section 4 of the methods' spec: d = (0, .2, ..., 1), q = 1 - d, alpha .8, tau .2, six documents, budget 6.
DIVERSITY = np.arange(6) / 5
WEIGHTS = 0.8 * DIVERSITY + 0.2 * (1 - DIVERSITY)
COUNTS = [0.139, 0.252, 0.460, 0.838, 1.527, 2.783]


def test_the_known_counts():
    copies = expected_copies(np.ones(6, np.int64), exponential(WEIGHTS, SampleMix().tau), 6.0, 100.0)
    assert copies == pytest.approx(COUNTS, abs=5e-4)


def test_bins_keep_the_known_counts_within_two_percent():
    tokens = np.zeros((1, VALUE_BINS), np.int64)
    tokens[0, value_bins(WEIGHTS)] = 1
    config = PlanConfig(budget_tokens=6, max_epochs=100, maker="samplemix", shares="documents")
    curves = draw_curves(tokens, config, ["all"], np.ones(1))
    assert curves.copies[0, value_bins(WEIGHTS)] == pytest.approx(COUNTS, rel=0.02)


def test_twice_the_budget_is_twice_the_copies_and_a_high_temperature_treats_all_alike():
    tokens = np.full(6, 10, np.int64)
    once, twice = (expected_copies(tokens, exponential(WEIGHTS, 0.2), budget, 100.0) for budget in (60.0, 120.0))
    assert twice == pytest.approx(2 * once)
    assert expected_copies(tokens, exponential(WEIGHTS, 1e9), 30.0, 100.0) == pytest.approx([0.5] * 6)


@pytest.mark.parametrize(("form", "ratio"), [("power", 4.0), ("exponential", np.exp(0.5 / 0.5))])
def test_tempered_ratio_of_the_best_to_the_middle(form, ratio):
    weights = Tempered(form=form, tau=0.5).preference(_filled())[0]
    assert weights[-1] / weights[127] == pytest.approx(ratio, rel=0.01)


def _filled():
    return type("Filled", (), {"tokens": np.zeros((1, VALUE_BINS))})()
