import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.plan.selection.structural import structural_order

A, B, C, D = range(4)
DOCUMENTS = [{A, B}, {A, B}, {A, C}, {D}, {C, D}]


def order(documents, templates=None, **options):
    pairs = [(row, compound) for row, held in enumerate(documents) for compound in held]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    shape = (len(documents), max(columns, default=-1) + 1)
    compounds = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    numbers = np.arange(len(documents)) if templates is None else np.array(templates)
    return structural_order(compounds, numbers, **options)


def test_the_most_frequent_compound_comes_first_and_three_picks_cover_all():
    found = order(DOCUMENTS)
    assert found.compounds[0] == A  # held by three
    assert set.union(*(DOCUMENTS[row] for row in found.order[:3])) == {A, B, C, D}


def test_a_used_template_waits_for_the_unused_ones():
    found = order([{A}, {A}, {A}, {A}], [0, 0, 1, 2])
    assert found.order.tolist() == [0, 2, 3, 1]


def test_the_template_of_most_documents_may_come_first():
    documents, templates = [{A}] * 5, [0, 1, 1, 2, 1]
    assert order(documents, templates).order.tolist() == [0, 1, 3, 2, 4]
    assert order(documents, templates, template="frequent").order.tolist() == [1, 0, 3, 2, 4]


def test_a_single_coverage_leaves_the_rest_for_last_by_row():
    found = order([{A}, {B}, {A}, {A}, {B}], coverage="single")
    assert found.order.tolist() == [0, 1, 2, 3, 4]
    assert found.compounds.tolist() == [A, B, -1, -1, -1]
    again = order([{A}, {B}, {A}, {A}, {B}])
    assert again.order.tolist() == [0, 1, 2, 4, 3]
    assert again.trace.tolist() == [1, 2, 1, 2, 1]


def test_documents_without_a_compound_come_last():
    assert order([set(), {A}, set(), {A}]).order.tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("documents", [[], [set()]])
def test_nothing_to_cover(documents):
    assert order(documents).order.tolist() == list(range(len(documents)))


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 6)), st.integers(0, 3)), max_size=10),
    st.sampled_from(["cycle", "single"]),
)
def test_every_pick_follows_the_rule(rows, coverage):
    documents, templates = [held for held, _ in rows], [template for _, template in rows]
    found = order(documents, templates, coverage=coverage)
    assert sorted(found.order.tolist()) == list(range(len(rows)))
    left, covered, used = set(range(len(rows))), set(), set()
    for row, compound, trace in zip(*(column.tolist() for column in found), strict=True):
        open_compounds = set().union(*(documents[other] for other in left)) - covered
        if not open_compounds and coverage == "cycle":
            covered = set()
            open_compounds = set().union(*(documents[other] for other in left))
        if compound < 0:
            assert not open_compounds
            continue
        frequency = {c: sum(c in documents[other] for other in left) for c in open_compounds}
        assert compound == min(frequency, key=lambda c: (-frequency[c], c))
        holders = [other for other in left if compound in documents[other]]
        assert row in holders
        assert templates[row] not in used or all(templates[other] in used for other in holders)
        covered |= documents[row]
        used.add(templates[row])
        left.remove(row)
        assert trace == len(covered)
