import numpy as np
import pyarrow as pa

from mixpipe.duplicates.ranking import Preferred, ranks

NONE = Preferred(np.zeros(0, "S32"), np.zeros(0, np.uint64))


def documents(*rows):
    """Return documents of (letter of the id, source, bytes)."""
    letters, sources, sizes = (list(column) for column in zip(*rows, strict=True))
    return pa.table({"id": [letter * 32 for letter in letters], "source": sources, "n_bytes": sizes})


def test_preferred_sources_then_length_then_id_are_kept():
    table = documents(("b", "web", 10), ("a", "web", 10), ("c", "web", 99), ("d", "book", 1), ("e", "wiki", 1))
    assert np.argsort(ranks(table, ("wiki", "book"), NONE)).tolist() == [4, 3, 2, 1, 0]
    assert np.argsort(ranks(table, (), NONE)).tolist() == [2, 1, 0, 3, 4]


def test_a_text_counts_as_from_the_best_source_of_its_copies():
    table = documents(("a", "web", 99), ("b", "book", 10), ("c", "web", 10))
    best = Preferred(np.array([b"b" * 32, b"c" * 32]), np.array([1, 0], np.uint64))
    assert np.argsort(ranks(table, ("wiki", "book"), best)).tolist() == [2, 1, 0]
