from dataclasses import replace

from mixpipe.report.facts.duplicates import read_duplicates


def test_groups_are_counted_and_the_largest_are_safe_to_show(artefacts):
    found = read_duplicates(artefacts)
    assert (found.near_groups, found.near_marked, found.semantic_marked) == (17, 60, 1)
    assert [group.texts for group in found.largest] == [31, 2]
    assert all("\x1b" not in group.source + group.text for group in found.largest)


def test_texts_kept_for_a_twin_that_is_dropped_are_counted(artefacts):
    scores = artefacts["scores"]
    counts = {**scores.manifest.counts, "kept_for_a_twin_dropped": 3.0}
    known = replace(scores, manifest=scores.manifest.model_copy(update={"counts": counts}))
    assert read_duplicates({**artefacts, "scores": known}).kept_instead == 3
    assert read_duplicates(artefacts).kept_instead == 0


def test_before_the_stage_there_is_none():
    assert read_duplicates({}) is None
