import pytest

from mixpipe.report.sections.diversity import diversity_section


def test_the_change_is_said_drawn_and_written_by_domain(artefacts):
    section = diversity_section(artefacts)
    assert "raises the effective number of unlike documents" in section.lead
    assert "from 40.0 to 50.0 (25.0" in section.lead
    plot, table = section.blocks
    assert "Vendi score" in plot.svg
    assert [cell.text for cell in table.rows[0]][:3] == ["all domains", "40.0", "50.0"]
    assert [cell.text for cell in table.rows[1]][1:3] == ["20.0", "\N{EN DASH}"]
    assert len(table.rows) == 13


@pytest.mark.parametrize(("after", "said"), [(40.1, "keeps"), (30.0, "lowers")])
def test_a_change_below_half_a_percent_is_none(edited, after, said):
    found = edited("plan", "diversity.json", lambda record: {**record, "plan": {**record["plan"], "vendi": after}})
    assert f"The plan {said} the effective number" in diversity_section(found).lead


def test_before_the_plan_there_is_no_section():
    assert diversity_section({}) is None
