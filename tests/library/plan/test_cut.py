from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.plan.copies import draft_copies
from mixpipe.plan.cut import DRAFT, find_cuts, gains
from mixpipe.store.draws import keyed_uniforms


def make_draft(tokens, expected, cap=4.0, ids=None):
    ids = ids or [f"{i:032x}" for i in range(len(tokens))]
    draft = draft_copies(np.array(expected, dtype=np.float64), keyed_uniforms(ids, "copies:0"), cap)
    zeros = np.zeros(len(tokens), dtype=np.int32)
    columns = {"id": ids, "domain": zeros, "n_tokens": tokens, "n_bytes": tokens}
    columns |= {"eligible": [True] * len(tokens), "expected": expected}
    return pa.table({**columns, "floor": draft.floor, "margin": draft.margin}, schema=DRAFT)


def realised(draft, target, parts=1):
    edges = np.linspace(0, draft.num_rows, parts + 1).astype(int)
    pieces = [draft.slice(a, b - a) for a, b in pairwise(edges)]
    cuts = find_cuts(lambda: iter(pieces), np.array([target]), np.zeros(1, np.int64))
    gained = np.concatenate([gains(piece, cuts, int(row)) for piece, row in zip(pieces, edges, strict=False)])
    return draft["floor"].to_numpy() + gained


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 4)), min_size=1, max_size=60),
    st.integers(1, 5),
)
def test_tokens_meet_the_target_to_within_one_document(documents, parts):
    tokens, expected = (list(column) for column in zip(*documents, strict=True))
    draft = make_draft(tokens, expected)
    target = float(np.dot(tokens, expected))
    copies = realised(draft, target, parts)
    assert abs(np.dot(copies, tokens) - target) <= max(tokens)
    assert copies.max() <= 4
    assert (np.abs(copies - np.array(expected)) <= 2).all()
    assert copies.tolist() == realised(draft, target).tolist()


def test_the_exact_cut_agrees_with_sorting_everything():
    rng = np.random.default_rng(0)
    tokens, expected = rng.integers(1, 500, 5000).tolist(), rng.random(5000).tolist()
    draft = make_draft(tokens, expected)
    target = float(np.dot(tokens, expected))
    order = np.argsort(draft["margin"].to_numpy(), kind="stable")
    held = np.concatenate([[0], np.cumsum(np.array(tokens)[order])])
    count = int(np.argmin(np.abs(held - target)))
    oracle = np.zeros(5000, dtype=np.int64)
    oracle[order[:count]] = 1
    assert realised(draft, target, parts=7).tolist() == oracle.tolist()


def test_equal_texts_are_cut_by_row():
    draft = make_draft([10] * 8, [0.5] * 8, ids=["same"] * 8)
    assert realised(draft, 40.0, parts=3).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_nothing_wanted_draws_nothing_and_everything_wanted_draws_all():
    draft = make_draft([10, 20, 30], [0.0, 0.0, 0.0])
    assert realised(draft, 0.0).tolist() == [0, 0, 0]
    assert realised(draft, 60.0).tolist() == [1, 1, 1]


def test_a_document_at_the_cap_never_gains():
    draft = make_draft([10, 10], [2.0, 1.0], cap=2.0)
    assert realised(draft, 1000.0).tolist() == [2, 2]
