from mixpipe.report.facts.held_out import read_held_out


def test_sets_come_with_the_most_flagged_first_and_safe_to_show(artefacts):
    first, second = read_held_out(artefacts)
    assert "\x1b" not in first.name
    assert (first.items, first.uncovered, sum(first.flagged.values())) == (39, 4, 8)
    assert (second.name, second.flagged["item"]) == ("exam", 1)


def test_before_scores_and_without_the_scorer_there_is_none(edited):
    assert read_held_out({}) == []
    assert read_held_out(edited("scores", "scores.json", lambda found: {**found, "facts": {}})) == []
