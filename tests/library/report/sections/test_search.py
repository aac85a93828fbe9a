from mixpipe.report.blocks import Note, Plot, Table
from mixpipe.report.sections.search import search_section


def test_noise_failures_and_predictions_are_shown(artefacts):
    blocks = search_section(artefacts).blocks
    notes = [block.text for block in blocks if isinstance(block, Note)]
    assert notes[0].startswith("Left out of the objective because mixtures move them too little")
    assert "tech_docs (1.4)" in notes[0]
    assert "13 of 64 for round-1. The more" in notes[1]
    assert notes[2] == "1 trial left out: the loss is not a number."
    assert len([block for block in blocks if isinstance(block, Plot)]) == 2


def test_the_finalist_that_won_is_marked(artefacts):
    finalists = [block for block in search_section(artefacts).blocks if isinstance(block, Table)][-1]
    assert [row[0].text for row in finalists.rows if row[0].tone == "good"] == ["top-mean"]


def test_one_round_without_predictions_or_finalists_is_enough(edited):
    def first_only(found):
        finalists = {"from": "recommended", "objective": {}}
        pareto = {"trials": [], "of": 15}
        rounds = found["rounds"][:1]
        return {**found, "rounds": rounds, "finalists": finalists, "pareto": pareto, "evidence": {"trials": 0}}

    blocks = search_section(edited("search", "search.json", first_only)).blocks
    assert len([block for block in blocks if isinstance(block, Plot)]) == 1


def test_a_method_that_found_nothing_says_why(artefacts, edited):
    def nothing(found):
        return {**found, "evidence": {"trials": 3, "chosen": "natural", "reason": "the regression needs 4 mixtures"}}

    def told(found):
        return [b.text for b in search_section(found).blocks if isinstance(b, Note) and "natural mixture for" in b.text]

    (text,) = told(edited("search", "search.json", nothing))
    assert text.endswith("for want of anything better: the regression needs 4 mixtures.")
    assert not told(artefacts)


def test_a_search_that_stopped_says_why(artefacts, edited):
    def ended(found):
        return {**found, "outlooks": [{"round": "round-1", "gain": 0.021, "floor": 0.4, "stops": True}]}

    blocks = search_section(edited("search", "search.json", ended)).blocks
    (text,) = [block.text for block in blocks if isinstance(block, Note) and block.text.startswith("Stopped")]
    assert text.startswith("Stopped after round-1, round-2 and round-3 skipped: the best mixture foreseen is 0.021")
    assert text.endswith("two noise deviations, 0.400.")
    assert not [b for b in search_section(artefacts).blocks if isinstance(b, Note) and b.text.startswith("Stopped")]


def test_the_objective_is_named_with_its_unit(artefacts, edited):
    def ranked(found):
        return {**found, "objective": {**found["objective"], "kind": "rank"}}

    assert "the weighted mean of the targets' losses in standard deviations" in search_section(artefacts).lead
    ranks = search_section(edited("search", "search.json", ranked)).lead
    assert (
        "the weighted mean of the targets' places in percentile ranks among the search's trials, from 0, the best"
        in ranks
    )


def test_the_front_is_shown_for_several_targets_only(artefacts, edited):
    def alone(found):
        return {**found, "targets": {name: float(name == "code") for name in found["targets"]}}

    tables = [block for block in search_section(artefacts).blocks if isinstance(block, Table)]
    assert tables[1].caption.startswith("4 of 28 trials are beaten by no other on every target at once")
    assert [column.title for column in tables[1].columns[2:]] == ["code", "law", "medicine", "tech_docs"]
    assert len(tables[1].rows) == 4
    assert len([b for b in search_section(edited("search", "search.json", alone)).blocks if isinstance(b, Table)]) == 2


def test_without_a_search_there_is_no_section(given):
    assert search_section({}) is None
    assert search_section(given) is None
