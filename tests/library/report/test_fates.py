from itertools import pairwise

from mixpipe.report.fates import fates


def test_every_document_is_accounted_for(artefacts):
    lines = fates(artefacts)
    for before, after in pairwise(lines):
        assert after.documents == before.documents + after.change
    assert [line.label for line in lines if not line.change] == [
        "records and files found", "documents", "eligible", "drawn into the mixture",
    ]  # fmt: skip
    assert lines[0].documents - lines[-1].documents == -sum(line.change for line in lines)


def test_before_the_plan_the_reasons_are_those_of_the_scores(artefacts):
    first = {name: artefacts[name] for name in ("ingest", "domains", "scores")}
    lines = fates(first)
    assert lines[-1].label == "eligible"
    assert {line.label for line in lines if line.change} == {
        line.label for line in fates(artefacts) if line.change and line.label != "not drawn"
    }


def test_after_ingest_alone_there_are_documents_and_no_more(artefacts):
    assert fates({"ingest": artefacts["ingest"]})[-1].label == "documents"
    assert fates({}) == []
