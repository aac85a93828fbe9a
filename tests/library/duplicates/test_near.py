import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.duplicates.near import settled


def what_became(edges):
    """Return {id: (twin, similarity, size)} of edges (worse, better, similarity)."""
    worse, better, similarity = zip(*edges, strict=True) if edges else ((), (), ())
    near = settled(np.array(worse, "S32"), np.array(better, "S32"), np.array(similarity, np.float32))
    columns = (near.twins, near.similarities.round(3).tolist(), near.sizes.tolist())
    return {i.decode(): (t.decode(), round(s, 3), n) for i, t, s, n in zip(near.ids, *columns, strict=True)}


def test_of_a_pair_the_better_is_kept():
    assert what_became([("b", "a", 0.9)]) == {"a": ("", 0, 2), "b": ("a", 0.9, 2)}


def test_a_chain_with_unlike_ends_loses_its_middle_only():
    found = what_became([("b", "a", 0.8), ("c", "b", 0.8)])
    assert found == {"a": ("", 0, 2), "b": ("a", 0.8, 2), "c": ("", 0, 1)}


def test_the_most_similar_of_those_kept_is_the_twin_and_of_equals_the_smallest_id():
    assert what_became([("z", "b", 0.8), ("z", "a", 0.9)])["z"] == ("a", 0.9, 2)
    assert what_became([("z", "b", 0.8), ("z", "a", 0.8)])["z"] == ("a", 0.8, 2)


def test_of_a_long_chain_every_second_one_is_kept():
    ids = np.array([f"{number:04d}" for number in range(2001)], "S32")
    near = settled(ids[1:], ids[:-1], np.full(2000, 0.8, np.float32))
    assert np.array_equal(near.twins == b"", np.arange(2001) % 2 == 0)


def test_no_pairs_leave_everything():
    assert what_became([]) == {}


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] > pair[1]), max_size=40))
def test_rounds_find_what_going_from_best_to_worst_finds(pairs):
    found = what_became([(f"{worse:02d}", f"{better:02d}", 0.5 + better / 100) for worse, better in sorted(pairs)])
    kept = set()
    for number in range(13):
        if not any((number, other) in pairs for other in kept):
            kept.add(number)
    assert {int(name) for name, (twin, _, _) in found.items() if twin} == {w for w, _ in pairs} - kept
    for name, (twin, _, _) in found.items():
        assert not twin or (int(twin) in kept and (int(name), int(twin)) in pairs)
    assert sum(1 for _ in found) == sum(size for _, (twin, _, size) in found.items() if not twin)
