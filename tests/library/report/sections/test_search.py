from mixpipe.report.blocks import Note, Plot, Table
from mixpipe.report.sections.search import search_section


def test_noise_failures_and_predictions_are_shown(artefacts):
    blocks = search_section(artefacts).blocks
    notes = [block.text for block in blocks if isinstance(block, Note)]
    assert notes[0].startswith("Left out of the objective because mixtures move them too little")
    assert "tech_docs (1.4)" in notes[0]
    assert notes[1] == "1 trial left out: the loss is not a number."
    assert len([block for block in blocks if isinstance(block, Plot)]) == 2


def test_the_finalist_that_won_is_marked(artefacts):
    finalists = [block for block in search_section(artefacts).blocks if isinstance(block, Table)][-1]
    assert [row[0].text for row in finalists.rows if row[0].tone == "good"] == ["top-mean"]


def test_one_round_without_predictions_or_finalists_is_enough(edited):
    def first_only(found):
        finalists = {"from": "recommended", "objective": {}}
        return {**found, "rounds": found["rounds"][:1], "finalists": finalists, "evidence": {"trials": 0}}

    blocks = search_section(edited("search", "search.json", first_only)).blocks
    assert len([block for block in blocks if isinstance(block, Plot)]) == 1


def test_without_a_search_there_is_no_section(given):
    assert search_section({}) is None
    assert search_section(given) is None
