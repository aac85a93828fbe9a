from dataclasses import replace

from mixpipe.report.facts.documents import read_masked, read_quarantine, read_removals, read_sources
from mixpipe.report.sections.documents import documents_section


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


def test_what_was_masked_is_told_by_kind(artefacts):
    ingest = artefacts["ingest"]
    counts = {**ingest.manifest.counts, "masked_email": 7.0}
    masked = replace(ingest, manifest=ingest.manifest.model_copy(update={"counts": counts}))
    assert read_masked({"ingest": masked}) == {"email": 7}
    assert read_masked(artefacts) == read_masked({}) == {}
    section = documents_section({**artefacts, "ingest": masked})
    assert any("7 email" in getattr(block, "text", "") for block in section.blocks)
