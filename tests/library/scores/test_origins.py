import numpy as np
import pyarrow as pa
import pytest

from mixpipe.scores.origins import add_origins, association, npmi, origins_record
from mixpipe.tables import OTHER_SOURCES


def test_planted_topics_crossed_with_planted_sources_are_not_associated():
    rng = np.random.default_rng(0)
    counts = np.zeros((4, 5))
    np.add.at(counts, (rng.choice(4, 20_000, p=[0.4, 0.3, 0.2, 0.1]), rng.integers(5, size=20_000)), 1)
    assert np.abs(npmi(counts)).max() < 0.05
    assert abs(association(counts)) < 0.05


def test_one_to_one_is_one_and_what_never_meets_is_minus_one():
    counts = np.diag([70, 20, 10])
    assert npmi(counts) == pytest.approx(2 * np.eye(3) - 1)
    assert association(counts) == pytest.approx(1)


def test_by_hand():
    """Of 8 documents, 3 and 1 of the first source, 1 and 3 of the second."""
    same, other = np.log(0.375 / 0.25) / -np.log(0.375), np.log(0.125 / 0.25) / -np.log(0.125)
    assert npmi(np.array([[3, 1], [1, 3]])) == pytest.approx(np.array([[same, other], [other, same]]))
    assert association(np.array([[3, 1], [1, 3]])) == pytest.approx(0.75 * same + 0.25 * other)


@pytest.mark.parametrize("counts", [[[5, 3]], [[5], [3]], [[8]], [[0, 0]]])
def test_one_source_or_one_domain_tells_nothing(counts):
    assert association(np.array(counts)) == 0


def test_parts_add_up_and_unlisted_sources_are_together():
    origins = {}
    for sources, domains in ((["a", "b", "x"], [0, 1, 1]), (["y", "a"], [0, 0]), ([], [])):
        column = pa.chunked_array([pa.array(sources, pa.string())])
        add_origins(origins, column, np.array(domains, np.int32), 2, known={"a", "b"})
    assert {name: row.tolist() for name, row in origins.items()} == {"a": [2, 0], "b": [0, 1], OTHER_SOURCES: [1, 1]}
    assert origins_record(origins)["sources"] == {"a": [2, 0], "b": [0, 1], OTHER_SOURCES: [1, 1]}
