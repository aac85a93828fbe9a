from mixpipe.report.sections.summary import summary


def test_the_head_says_moves_claims_and_figures(artefacts):
    head = summary(artefacts)
    assert "Most raised" in head.moves
    assert len(head.claims) == 5
    assert [label for _, label, _ in head.tiles.tiles] == [
        "documents", "tokens", "domains", "small models", "tokens to train on",
    ]  # fmt: skip
    assert ("64", "small models", "52 proxies and 12 experts trained, measured on 4 targets") in head.tiles.tiles


def test_a_run_without_a_mixture_says_how_far_it_went(artefacts):
    head = summary({"ingest": artefacts["ingest"]})
    assert head.headline == "No mixture yet"
    assert head.moves == "The run went as far as ingest."
    assert head.claims == []
