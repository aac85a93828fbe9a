import pytest

from mixpipe.report.facts.origins import Origin, read_origins


def test_the_largest_source_of_each_domain(edited):
    found = {"association": 0.4, "sources": {"a": [3, 0, 2], "b\n": [1, 0, 6]}}
    origins = read_origins(edited("scores", "origins.json", lambda _: found))
    assert origins.association == 0.4
    assert origins.largest == [Origin("a", 0.75), None, Origin("b", 0.75)]


@pytest.mark.parametrize("sources", [{}, {"a": [3, 1]}])
def test_one_source_tells_nothing(edited, sources):
    record = {"association": 0.0, "sources": sources}
    assert read_origins(edited("scores", "origins.json", lambda _: record)) is None


def test_before_scores_there_is_nothing():
    assert read_origins({}) is None
