import numpy as np
import pyarrow as pa
import pytest

from mixpipe.scores.summary import BINS, Summary, add_removals, histogram_edges
from mixpipe.tables import OTHER_SOURCES


def test_parts_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    values, domains = rng.normal(size=(2, 300)), rng.integers(0, 3, 300).astype(np.int32)
    edges = np.stack([histogram_edges(row) for row in values])
    whole, parts = Summary.empty(edges, 3), Summary.empty(edges, 3)
    whole.add(list(values), domains)
    for start in range(0, 300, 70):
        parts.add(list(values[:, start : start + 70]), domains[start : start + 70])
    assert np.allclose(whole.sums, parts.sums)
    assert np.array_equal(whole.bins, parts.bins)
    assert whole.bins.sum(axis=2)[0].tolist() == np.bincount(domains).tolist()


def test_means_by_domain():
    summary = Summary.empty(histogram_edges(np.arange(4.0))[None], 2)
    summary.add([np.array([0.0, 2.0, 5.0])], np.array([0, 0, 1], np.int32))
    found = summary.as_json(["x"])["x"]["domains"]
    assert [found[domain]["mean"] for domain in "01"] == [1.0, 5.0]
    assert [found[domain]["count"] for domain in "01"] == [2, 1]


def test_values_beyond_the_edges_lie_in_the_outer_bins():
    summary = Summary.empty(histogram_edges(np.linspace(0, 1, 101))[None], 1)
    summary.add([np.array([-9.0, 0.5, 9.0])], np.zeros(3, np.int32))
    histogram = summary.bins[0, 0]
    assert histogram[0] == histogram[-1] == 1
    assert histogram.sum() == 3


@pytest.mark.parametrize("values", [np.zeros(0), np.ones(5)])
def test_constants_have_edges(values):
    edges = histogram_edges(values)
    assert len(edges) == BINS + 1
    assert (np.diff(edges) > 0).all()


def test_removals_by_source_and_reason():
    removed = {}
    for _ in range(2):
        sources = pa.chunked_array([["a", "a", "b", "b"]])
        reasons = pa.chunked_array([pa.array(["duplicate", None, "duplicate", "c4:curly-brace"])])
        add_removals(removed, sources, reasons, known={"a", "b"})
    assert removed == {"a": {"duplicate": 2}, "b": {"duplicate": 2, "c4:curly-brace": 2}}


def test_removals_of_sources_that_ingest_does_not_list_add_up():
    removed = {}
    sources = pa.chunked_array([["a", "b", "c"]])
    add_removals(removed, sources, pa.chunked_array([["duplicate"] * 3]), known={"a"})
    assert removed == {"a": {"duplicate": 1}, OTHER_SOURCES: {"duplicate": 2}}
