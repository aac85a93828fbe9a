from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.plan.selection.gme import gme_order

TOY = [(0, 0, 0)] * 3 + [(1, 0, 0), (1, 1, 0), (2, 0, 0), (2, 1, 1), (3, 2, 2)]  # document, V1, V2


def order(rows, n_documents=4, **options):
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return gme_order(table[:, 0], table[:, 1:], n_documents, **options)


def entropy(values):
    counts = Counter(value for value in values if value >= 0)
    total = sum(counts.values())
    return -sum(c / total * log(c / total) for c in counts.values()) + 0.0


def values_of(rows, chosen, attribute, once):
    pairs = [(row[0], row[attribute]) for row in rows if row[0] in chosen]
    return [value for _, value in (sorted(set(pairs)) if once else pairs)]


@pytest.mark.parametrize(("counts", "known"), [((1, 2, 3, 1), 1.27703), ((1, 2, 2), 1.05492)])
def test_known_entropies(counts, known):
    rows = [(0, value, 0) for value, times in enumerate(counts) for _ in range(times)]
    assert order(rows, 1).entropies[0] == pytest.approx([known, 0.0], abs=5e-6)


def test_known_order_of_the_toy():
    found = order(TOY)
    assert found.order.tolist() == [2, 3, 1, 0]  # c, d, b, a
    known = [(0.69315, 0.69315), (1.09861, 1.09861), (1.05492, 0.95027), (0.90026, 0.73562)]
    assert found.entropies == pytest.approx(np.array(known), abs=5e-6)


def test_values_counted_once_a_document():
    found = order(TOY, counting="once")
    assert found.order.tolist() == [2, 3, 1, 0]
    # after b: V1 (2, 2, 1), V2 (2, 1, 1); after a: V1 (3, 2, 1), V2 (3, 1, 1)
    known = [(1.05492, 1.03972), (1.01140, 0.95027)]
    assert found.entropies[2:] == pytest.approx(np.array(known), abs=5e-6)


def test_the_sum_of_entropies_is_another_criterion():
    rows = [(0, value, 0) for value in range(4)]  # (ln 4, 0): the larger sum, 1.386
    rows += [(1, v1, v2) for v1, v2 in zip((0, 0, 0, 1, 1, 1), (0, 0, 1, 1, 1, 1), strict=True)]  # (0.693, 0.637)
    rows += [(2, 0, 2), (3, 0, 3)]  # (0, 0); the utopia point is (ln 4, ln 4), to which 1 is nearer
    assert order(rows, criterion="sum").order[0] == 0
    assert order(rows).order[0] == 1


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 3), st.integers(-1, 3)), max_size=25),
    st.sampled_from(["utopia", "sum"]),
    st.sampled_from(["all", "once"]),
)
@settings(max_examples=60, deadline=None)
def test_every_pick_is_the_best_by_entropies_counted_anew(rows, criterion, counting):
    found = order(rows, 6, criterion=criterion, counting=counting)
    assert sorted(found.order.tolist()) == list(range(6))
    utopia = [log(len({row[j] for row in rows} - {-1}) or 1) for j in (1, 2)]
    related = {row[0] for row in rows}
    chosen: set[int] = set()

    def after(document):
        return [entropy(values_of(rows, chosen | {document}, j, counting == "once")) for j in (1, 2)]

    def cost(document):
        found = after(document)
        if criterion == "sum":
            return -sum(found)
        return sum((h - u) ** 2 for h, u in zip(found, utopia, strict=True)) ** 0.5

    for document, entropies in zip(found.order[: len(related)].tolist(), found.entropies, strict=False):
        assert entropies == pytest.approx(after(document), abs=1e-10)
        assert cost(document) <= min(cost(other) for other in related - chosen) + 1e-9
        chosen.add(document)
    assert set(found.order[len(related) :].tolist()) == set(range(6)) - related


def test_entropy_may_fall():
    found = order(TOY)
    assert (np.diff(found.entropies[:, 0]) < 0).any()


def test_ties_go_to_the_lower_row():
    assert order([(document, 0, 0) for document in (3, 1, 0, 2)]).order.tolist() == [0, 1, 2, 3]
