import numpy as np
import pytest

from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.best_first import best_first


@pytest.mark.parametrize(
    ("target", "copies"),
    [(0, [0, 0, 0]), (15, [0, 0.5, 1]), (30, [1, 1, 1]), (45, [1, 1.5, 2]), (70, [2, 2, 2.5 + 0.5]), (75, [2.5] * 3)],
)
def test_one_epoch_after_another_the_best_first(target, copies):
    cap = 2.5 if target == 75 else 3.0
    assert best_first(np.array([10, 10, 10]), target, cap).tolist() == copies


def test_a_fractional_cap_holds_for_the_best_too():
    assert best_first(np.array([10, 10]), 48.0, 2.5).tolist() == [2.3, 2.5]


def test_one_threshold_over_all_domains():
    tokens = np.zeros((2, VALUE_BINS), np.int64)
    tokens[0, 200], tokens[1, [100, 220]] = 100, 50
    config = PlanConfig(budget_tokens=120, maker="top", shares="documents")
    curves = draw_curves(tokens, config, ["a", "b"], np.array([0.5, 0.5]))
    assert (curves.copies[1, 220], curves.copies[0, 200], curves.copies[1, 100]) == (1.0, 0.7, 0.0)
    assert curves.weights == pytest.approx([70 / 120, 50 / 120])
