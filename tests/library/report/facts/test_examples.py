from mixpipe.report.facts.examples import read_dropped, read_percentiles


def test_examples_are_made_safe_to_show(artefacts):
    shown = read_percentiles(artefacts)["quality"]
    assert list(shown) == ["1", "50", "99"]
    assert all("\x1b" not in example.text and "\u202e" not in example.text for example in shown.values())


def test_a_twin_stands_beside_what_was_dropped(artefacts):
    _, alone, pair = read_dropped(artefacts)
    assert alone.reason == pair.reason == "near-duplicate"
    assert alone.twin is None
    assert pair.twin is not None
    assert pair.twin.text.startswith("Document 51 ")


def test_what_leaks_is_safe_to_show_with_its_stretch_and_its_set(artefacts):
    leaking, *_ = read_dropped(artefacts)
    (span,) = leaking.document.spans
    assert (leaking.reason, span.start, span.end) == ("leak:item", 20, 1320)
    assert "\x1b" not in span.set + span.text


def test_before_scores_there_is_nothing():
    assert read_percentiles({}) == {}
    assert read_dropped({}) == []
