from mixpipe.report.facts.documents import read_quarantine, read_removals, read_sources


def test_sources_come_largest_first_and_printable(artefacts):
    sources = read_sources(artefacts)
    assert [source.documents for source in sources] == sorted((s.documents for s in sources), reverse=True)
    assert all(source.name.isprintable() for source in sources)


def test_quarantine_is_counted_by_reason(artefacts):
    assert list(read_quarantine(artefacts).items()) == [("invalid-json", 120), ("empty-text", 31)]


def test_removals_keep_source_and_reason(artefacts):
    removals = read_removals(artefacts)
    assert removals["ohsumed"] == {"duplicate": 40, "gopher:word-length": 41, "c4:curly-brace": 42}


def test_before_their_stage_there_is_nothing():
    assert read_sources({}) == []
    assert read_quarantine({}) == read_removals({}) == {}
