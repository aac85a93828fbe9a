import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.scores.heirs import heirs

LEAST = 0.7


def of(rows, least=LEAST):
    """Return {id: for whom it is dropped} of rows (id, twin, similarity, rank)."""
    ids, twins, similarities, ranks = zip(*rows, strict=True) if rows else ((),) * 4
    columns = (np.array(twins, "S32"), np.array(similarities, float), np.array(ranks, np.uint64), np.array(ids, "S32"))
    return dict(zip(ids, (name.decode() for name in heirs(*columns, least)), strict=True))


def test_the_lowest_rank_is_kept_and_what_is_sure_to_be_similar_dropped_for_it():
    assert of([("a", "t", 0.9, 5), ("b", "t", 0.85, 3), ("c", "t", 0.95, 9)]) == {"a": "b", "b": "", "c": "b"}
    assert of([("a", "t", 0.85, 5), ("b", "t", 0.8, 3)]) == {"a": "", "b": ""}
    assert of([("a", "t", 0.1, 5), ("b", "t", 0.1, 3)], least=-np.inf) == {"a": "b", "b": ""}


def test_of_equal_ranks_the_smaller_id_and_each_twin_has_its_own_heir():
    assert of([("b", "t", 1, 1), ("a", "t", 1, 1), ("c", "u", 1, 7)]) == {"a": "", "b": "a", "c": ""}
    assert of([]) == {}


@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=2, max_size=6))
def test_what_is_dropped_is_as_similar_to_its_heir_as_asked(sets):
    twin, *others = sets

    def jaccard(a, b):
        return len(a & b) / len(a | b)

    found = of([(str(n), "t", jaccard(twin, own), n) for n, own in enumerate(others)])
    for name, heir in found.items():
        assert not heir or jaccard(others[int(name)], others[int(heir)]) >= LEAST - 1e-9
