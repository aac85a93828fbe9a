"""Selection makers through the stage, with a maker that picks the shortest texts first."""

import sys
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from mixpipe.errors import StageError
from mixpipe.plan import picking
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.makers import MAKERS
from mixpipe.plan.makers.top import Top
from mixpipe.plan.stage import PLAN
from mixpipe.store.files import read_table


class Shortest(Top):
    """Picks short texts first; what it saw is kept for the tests."""

    seen: ClassVar[list] = []

    @property
    def columns(self):
        return ()

    def order(self, pool, rng):
        type(self).seen.append((pool, rng.random()))
        return np.argsort([len(text) for text in pool.texts], kind="stable")


class Broken(Shortest):
    def order(self, pool, rng):
        return np.zeros(len(pool.ids), np.int64)


@pytest.fixture
def make_plan(tmp_path, upstream, build, monkeypatch):
    module = ModuleType("made_makers")
    module.Shortest, module.Broken = Shortest, Broken
    monkeypatch.setitem(sys.modules, "made_makers", module)
    for name in ("Shortest", "Broken"):
        monkeypatch.setitem(MAKERS, name.lower(), f"made_makers:{name}")
    monkeypatch.setattr(Shortest, "seen", [])

    def make(documents, cuts=(), weights=(1.0,), **config):
        inputs = upstream(documents, cuts, weights)
        return build(tmp_path, PLAN, PlanConfig(maker="shortest", **config), inputs)

    return make


def planned(artefact):
    return {
        row["id"]: row["copies"] for name in artefact.names() for row in read_table(artefact.file(name)).to_pylist()
    }


def test_what_is_picked_first_is_planned_first(make_plan, document):
    corpus = [document("x" * n, 0, tokens=10) for n in range(1, 101)]
    plan = make_plan(corpus, [33, 70], budget_tokens=500)
    copies = planned(plan)
    chosen = [len(d["text"]) for d in corpus if copies[d["id"]]]
    assert len(chosen) == 50
    assert max(chosen) <= 51  # a bin at the threshold is drawn by hash
    assert {entry.name for entry in plan.manifest.files} == {
        *plan.names(),
        "mixture.json",
        "plan.json",
        "diversity.json",
    }


def test_blocks_hold_one_domain_each_and_every_eligible_document_once(make_plan, documents, document, monkeypatch):
    monkeypatch.setattr(picking, "BLOCK_DOCUMENTS", 40)
    corpus = [*documents(300), document("bad", 1, drop_reason="c4"), document("", 2)]
    make_plan(corpus, [100, 250], weights=(0.4, 0.3, 0.3), budget_tokens=900)
    domain = {d["id"]: d["domain"] for d in corpus}
    blocks = [pool.ids for pool, _ in Shortest.seen]
    assert sorted(name for ids in blocks for name in ids) == sorted(d["id"] for d in corpus[:300])
    assert all(len({domain[name] for name in ids}) == 1 for ids in blocks)
    assert max(map(len, blocks)) < 80 and len(blocks) >= 7
    pool = Shortest.seen[0][0]
    assert pool.vectors.dtype == np.float32 and pool.vectors.shape == (len(pool.ids), 2)


def test_neither_order_nor_division_of_the_corpus_changes_what_a_maker_sees(make_plan, documents, monkeypatch):
    monkeypatch.setattr(picking, "BLOCK_DOCUMENTS", 60)
    corpus = documents(200)
    weights = (0.4, 0.3, 0.3)
    one = planned(make_plan(corpus, weights=weights, budget_tokens=1_000))
    before = {tuple(pool.ids): drawn for pool, drawn in Shortest.seen}
    Shortest.seen.clear()
    many = planned(make_plan(corpus[::-1], [20, 90, 150], weights, budget_tokens=1_000))
    assert one == many
    assert {tuple(pool.ids): drawn for pool, drawn in Shortest.seen} == before


def test_hostile_texts_reach_a_maker_cut(make_plan, document):
    corpus = [document(text, 0, tokens=5) for text in ("a\x00b", "🧪" * 20_000, "\u202eabc", "x" * 5_000_000)]
    make_plan(corpus, budget_tokens=10)
    (pool, _), *_ = Shortest.seen
    assert sorted(map(len, pool.texts)) == [3, 4, 16_384, 16_384]


def test_an_order_that_is_none_is_refused(make_plan, document, tmp_path, upstream, build):
    inputs = upstream([document(f"{n}", 0, tokens=5) for n in range(9)], (), (1.0,))
    with pytest.raises(StageError, match=r"expected an order of the 9 documents .* broken, found 9 numbers, 1 of them"):
        build(tmp_path, PLAN, PlanConfig(maker="broken", budget_tokens=10), inputs)


def test_exact_copies_that_are_kept_are_spread_over_the_blocks(make_plan, document, monkeypatch):
    monkeypatch.setattr(picking, "BLOCK_DOCUMENTS", 50)
    texts = [document(f"text {n}", 0, tokens=10) for n in range(100)]
    make_plan([*texts, *[{**texts[0], "duplicate": True}] * 300], cuts=[150, 200], budget_tokens=100)
    assert max(len(pool.ids) for pool, _ in Shortest.seen) < 100
    assert sum(len(pool.ids) for pool, _ in Shortest.seen) == 400
