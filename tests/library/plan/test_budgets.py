import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS

NAMES = ["prose", "code"]
FOUND = np.array([0.75, 0.25])


def lying(prose, code, at=(128, 128)):
    tokens = np.zeros((2, VALUE_BINS), np.int64)
    tokens[0, at[0]], tokens[1, at[1]] = prose, code
    return tokens


def test_searched_shares_are_exact_and_have_budgets_of_their_own():
    curves = draw_curves(lying(100, 100), PlanConfig(budget_tokens=100), NAMES, FOUND)
    assert curves.groups.tolist() == [0, 1]
    assert curves.weights.tolist() == FOUND.tolist()
    assert curves.copies[[0, 1], 128].tolist() == [0.75, 0.25]


def test_natural_shares_are_those_of_the_eligible_tokens():
    curves = draw_curves(lying(300, 100), PlanConfig(budget_tokens=100, shares="natural"), NAMES, FOUND[::-1])
    assert curves.weights.tolist() == [0.75, 0.25]


def test_shares_of_documents_are_an_outcome_of_one_scale():
    config = PlanConfig(budget_tokens=100, shares="documents", settings={"strength": 1.0})
    curves = draw_curves(lying(100, 100, at=(191, 63)), config, NAMES, FOUND)
    assert curves.groups.tolist() == [0, 0]
    assert curves.copies[0, 191] / curves.copies[1, 63] == pytest.approx(191.5 / 63.5)
    assert curves.weights.sum() == pytest.approx(1) and curves.weights[0] == pytest.approx(191.5 / 255)


def test_what_one_domain_cannot_take_flows_to_the_others():
    config = PlanConfig(budget_tokens=450, shares="documents", settings={"strength": 1.0}, max_epochs=3)
    curves = draw_curves(lying(100, 100, at=(255, 10)), config, NAMES, FOUND)
    assert curves.copies[0, 255] == 3.0 and curves.copies[1, 10] == pytest.approx(1.5)


def test_phases_add_up_to_the_shares_of_all():
    phases = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "mixture": {"code": 1.0}}]
    curves = draw_curves(lying(100, 100), PlanConfig(budget_tokens=100, phases=phases), NAMES, FOUND)
    assert curves.weights.tolist() == [0.375, 0.625]
    assert curves.fractions.tolist() == [[1.0, 0.2], [1.0, 1.0]]


def test_too_little_in_one_domain_or_in_all_is_refused():
    with pytest.raises(ConfigError, match="prose: 750 tokens wanted, 100 available"):
        draw_curves(lying(100, 500), PlanConfig(budget_tokens=1000), NAMES, FOUND)
    with pytest.raises(ConfigError, match=r"corpus: 3,000 tokens wanted, 600 available"):
        draw_curves(lying(100, 500), PlanConfig(budget_tokens=3000, shares="documents"), NAMES, FOUND)
