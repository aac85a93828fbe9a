import json

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import NEVER
from mixpipe.plan.cut import DRAFT
from mixpipe.plan.summary import mixture_record, plan_record, tally_plan

CONFIG = PlanConfig(budget_tokens=60, max_epochs=2)
WEIGHTS = np.array([0.5, 0.5])


@pytest.fixture
def tally():
    """Two domains by hand: one document twice, one once, one not drawn, one dropped."""
    rows = [("a", 0, 15, 2.0, 2, NEVER), ("b", 1, 30, 1.0, 1, 7), ("c", 1, 40, 0.2, 0, 9), ("d", 1, 5, 0.0, 0, NEVER)]
    names = ("id", "domain", "n_tokens", "expected", "floor", "margin")
    table = pa.Table.from_pylist(
        [dict(zip(names, row, strict=True), n_bytes=1, eligible=row[0] != "d") for row in rows], schema=DRAFT
    )
    survey = pa.table(
        {
            "domain": [0, 1, 1],
            "bin": [9, 9, 0],
            "reason": ["", "", "c4"],
            "documents": [1, 2, 1],
            "tokens": [15, 70, 5],
        }
    )
    return tally_plan([(table.slice(0, 2), np.array([[2], [1]])), (table.slice(2), np.array([[0], [0]]))], survey, 2)


def test_sums_by_domain(tally):
    assert tally.copies.tolist() == [2, 1]
    assert tally.planned_tokens.tolist() == [30, 30]
    assert tally.expected_tokens.tolist() == [30.0, 38.0]
    assert tally.longest.tolist() == [15, 40]


def test_the_waterfall_balances(tally):
    assert tally.is_balanced()
    assert tally.waterfall() == {
        "documents": {"in": 4, "dropped": {"c4": 1}, "not_drawn": 1, "planned": 2},
        "tokens": {"in": 90, "dropped": {"c4": 5}, "not_drawn": 40, "planned": 45},
    }
    assert not tally._replace(drawn=tally.drawn + 1).is_balanced()


def test_the_records_hold_the_same_figures(tally):
    mixture = mixture_record(tally, ["x", "y"], WEIGHTS[None, :], CONFIG)
    first = mixture["phases"][0]["domains"][0]
    assert (first["weight"], first["epochs"], first["docs"], first["copies"]) == (0.5, 2.0, 1, 2)
    assert first["tokens_per_doc"] == 15.0
    assert mixture["digest"].startswith("sha256:")
    plan = plan_record(tally, ["x", "y"], WEIGHTS, CONFIG)
    assert plan["domains"][1]["target_tokens"] == 30.0
    assert json.loads(json.dumps(plan)) == plan
