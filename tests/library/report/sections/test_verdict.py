import pytest

from mixpipe.report.blocks import Note, Plot, Table
from mixpipe.report.sections.verdict import verdict_section


@pytest.mark.parametrize(
    ("chosen", "wins", "tone"), [("winner", True, "good"), ("winner", False, "quiet"), ("natural", False, "bad")]
)
def test_the_note_is_toned_by_what_was_decided(edited, chosen, wins, tone):
    found = edited("search", "verdict.json", lambda verdict: {**verdict, "chosen": chosen, "wins": wins})
    note = verdict_section(found).blocks[0]
    assert isinstance(note, Note)
    assert note.tone == tone


def test_every_comparison_is_in_the_table_and_the_figures(artefacts):
    blocks = verdict_section(artefacts).blocks
    assert len([block for block in blocks if isinstance(block, Plot)]) == 2
    arms, comparisons = (block for block in blocks if isinstance(block, Table))
    assert arms.rows[0][0].text == "winner"
    assert len(comparisons.rows) == 4 * 5


def test_without_intervals_there_is_no_figure(edited):
    def one_seed(found):
        for row in found["comparisons"]:
            row |= {"standard_error": None, "low": None, "high": None, "seeds": 1, "word": "unknown"}
        return found

    blocks = verdict_section(edited("search", "verdict.json", one_seed)).blocks
    assert not [block for block in blocks if isinstance(block, Plot)]


def test_without_a_search_there_is_no_section(given):
    assert verdict_section({}) is None
    assert verdict_section(given) is None
