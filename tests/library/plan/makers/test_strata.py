import numpy as np
import pytest

from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError
from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.protocol import Filled
from mixpipe.plan.makers.strata import Strata


def test_each_stratum_gets_the_share_that_the_search_found():
    tokens = np.full((2, VALUE_BINS), 100, np.int64)
    strata = np.array([[0.0, 0.1, 0.1, 0.2], [0.3, 0.1, 0.1, 0.1]])
    budget = 20_000
    config = PlanConfig(budget_tokens=budget, maker="strata")
    found = draw_curves(tokens, config, ["a", "b"], strata.sum(axis=1), strata).copies * tokens
    assert found.reshape(2, 4, -1).sum(axis=2) == pytest.approx(strata * budget)
    assert len(np.unique(found[1, :64])) == 1


def test_without_strata_in_the_search_it_is_refused():
    with pytest.raises(ConfigError, match=r"search\.strata"):
        Strata().preference(Filled(np.ones((1, VALUE_BINS), np.int64), np.ones(1), 1.0))


def test_a_search_over_strata_is_planned_by_them(toy_config):
    values = {**toy_config, "search": {**toy_config.get("search", {}), "strata": 4}}
    assert RunConfig.model_validate(values).plan.maker == "strata"
    asked = {**values, "plan": {**toy_config.get("plan", {}), "maker": "tilt"}}
    assert RunConfig.model_validate(asked).plan.maker == "tilt"
    assert RunConfig.model_validate(toy_config).plan.maker == "tilt"
