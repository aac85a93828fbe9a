import json

import pytest

from mixpipe.report.tables import domain_rows, mixture_rows, round_rows, verdict_lines, waterfall_rows


@pytest.mark.parametrize("rows", [domain_rows, mixture_rows, waterfall_rows])
def test_rows_have_the_same_columns_and_are_json(artefacts, rows):
    found = rows(artefacts)
    assert found
    assert all(list(row) == list(found[0]) for row in found)
    assert json.loads(json.dumps(found)) == found


def test_shares_sum_to_one(artefacts):
    rows = mixture_rows(artefacts)
    assert sum(row["natural share"] for row in rows) == pytest.approx(1, abs=0.001)
    assert sum(row["mixture share"] for row in rows) == pytest.approx(1, abs=0.001)


def test_a_round_is_listed_best_first(artefacts):
    rows = round_rows(artefacts["search"].path, 2)
    assert len(rows) == 8
    assert [row["objective"] for row in rows] == sorted(row["objective"] for row in rows)
    assert {row["predicted"] for row in round_rows(artefacts["search"].path, 1)} == {"\N{EN DASH}"}


def test_the_verdict_is_lines(artefacts):
    lines = verdict_lines(artefacts)
    assert lines[0].endswith(".")
    assert len(lines) == 6


def test_before_their_stage_tables_are_empty():
    assert domain_rows({}) == mixture_rows({}) == waterfall_rows({}) == []
    assert verdict_lines({}) == []


def test_of_a_given_mixture_no_gain_is_claimed(given):
    changed = "caps and floors changed a share of it by 3.1 percentage points"
    assert verdict_lines(given) == [f"The mixture was given, not sought; {changed}."]
    assert mixture_rows(given)
