import numpy as np
import pytest

from mixpipe.report.sections.quality import _digits, quality_section


def test_means_stand_by_domain_and_measure(artefacts):
    plot, _, table = quality_section(artefacts).blocks
    assert "likeness to the targets" in plot.svg
    assert len(table.rows) == 12
    assert "gopher_words" in [column.title for column in table.columns]
    assert table.fold


def test_a_document_stands_for_each_percentile(artefacts):
    _, examples, _ = quality_section(artefacts).blocks
    assert [row[1].text for row in examples.rows] == ["1 %", "50 %", "99 %"]
    assert examples.rows[2][-1].text.startswith("Document 2 begins so.")


def test_a_document_at_several_percentiles_stands_once(edited):
    def same(record):
        shown = record["percentiles"]["quality"]
        return {**record, "percentiles": {"quality": {**shown, "50": shown["1"]}}}

    _, examples, _ = quality_section(edited("scores", "examples.json", same)).blocks
    assert [row[1].text for row in examples.rows] == ["1, 50 %", "99 %"]


@pytest.mark.parametrize(("values", "digits"), [([512.0, 3.0], 0), ([3.21], 2), ([0.0321], 4), ([0.0], 1)])
def test_means_have_three_figures(values, digits):
    assert _digits(np.array(values)) == digits


def test_before_scores_there_is_no_section():
    assert quality_section({}) is None
