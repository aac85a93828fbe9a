import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.duplicates.semantic import Cell, component, earlier, greedy, kept_instead, order_of

RULES = ("chain", "greedy", "component")


def at_degrees(*degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def cell(vectors: np.ndarray, tokens: list[int] | None = None) -> Cell:
    return Cell(vectors, np.array(tokens or [10] * len(vectors)), 0.9)


def kept(vectors: np.ndarray, rule: str, threshold: float) -> list[int]:
    if rule == "chain":
        found = earlier(cell(vectors))
        return np.flatnonzero(kept_instead(found.similarity, found.row, threshold) < 0).tolist()
    rows = (greedy if rule == "greedy" else component)(cell(vectors), threshold)
    return np.flatnonzero(rows < 0).tolist()


@pytest.mark.parametrize(("rule", "expected"), [("chain", [0]), ("greedy", [0, 2]), ("component", [0])])
def test_the_three_rules_on_four_vectors_ten_degrees_apart(rule, expected):
    assert kept(at_degrees(0, 10, 20, 30), rule, np.cos(np.deg2rad(12))) == expected


def test_the_chain_keeps_what_no_earlier_one_is_near_though_the_component_is_one():
    vectors, threshold = at_degrees(0, 20, 10), np.cos(np.deg2rad(12))
    assert [kept(vectors, rule, threshold) for rule in RULES] == [[0, 1], [0, 1], [0]]


@pytest.mark.parametrize("rule", RULES)
def test_of_five_equal_vectors_the_first_is_kept(rule):
    assert kept(at_degrees(*[33.0] * 5), rule, 0.999) == [0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_dropped_from_nothing(rule, count):
    assert kept(at_degrees(*[0.0] * count), rule, 0.5) == list(range(count))


def test_the_kept_twin_is_told_and_never_one_that_was_dropped_itself():
    vectors, threshold = at_degrees(0, 10, 20, 30), np.cos(np.deg2rad(12))
    found = earlier(cell(vectors))
    assert found.row.tolist() == [-1, 0, 1, 2]
    assert kept_instead(found.similarity, found.row, threshold).tolist() == [-1, 0, 0, 0]
    assert greedy(cell(vectors), threshold).tolist() == [-1, 0, -1, 2]
    assert component(cell(vectors), threshold).tolist() == [-1, 0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), tile=st.integers(1, 40), threshold=st.floats(0.5, 0.95))
def test_tiles_of_any_size_agree_with_the_definitions(seed, tile, threshold):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((30, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    found = earlier(cell(vectors), tile)
    assert found.similarity[1:] == pytest.approx([cosines[j, :j].max() for j in range(1, 30)], abs=1e-6)
    keep: list[int] = []
    for j in range(30):
        if all(cosines[j, i] <= threshold for i in keep):
            keep.append(j)
    assert np.flatnonzero(greedy(cell(vectors), threshold, tile) < 0).tolist() == keep
    label = list(range(30))
    for j in range(30):
        for i in range(j):
            if cosines[j, i] > threshold:
                old, new = max(label[i], label[j]), min(label[i], label[j])
                label = [new if value == old else value for value in label]
    assert np.where((row := component(cell(vectors), threshold, tile)) < 0, np.arange(30), row).tolist() == label


def test_the_order_comes_from_the_data_and_ties_from_the_ids():
    vectors, ids = at_degrees(0, 40, 0, 10, 10), np.array(["d", "b", "a", "e", "c"])
    for shuffle in np.random.default_rng(0).permuted(np.tile(np.arange(5), (10, 1)), axis=1):
        rows, names = vectors[shuffle], ids[shuffle]
        assert names[order_of(rows, names, "hard")].tolist() == ["b", "a", "d", "c", "e"]
        assert names[order_of(rows, names, "easy")].tolist() == ["c", "e", "a", "d", "b"]


def test_texts_of_other_lengths_are_not_compared_however_near_their_beginnings():
    found = earlier(cell(at_degrees(0, 0, 0), [100, 89, 91]))
    assert found.row.tolist() == [-1, -1, 0]
    assert found.similarity.tolist() == [-np.inf, -np.inf, pytest.approx(1)]
