"""What holds for every maker that picks documents one after another; the lists pick up nothing by themselves."""

from dataclasses import replace

import numpy as np
import pytest

from mixpipe.plan.makers.d4 import D4
from mixpipe.plan.makers.gme import Gme
from mixpipe.plan.makers.ideal import Ideal
from mixpipe.plan.makers.mig import Mig
from mixpipe.plan.makers.protocol import Filled, Pool
from mixpipe.plan.makers.structural import Structural

MAKERS = [
    Mig(),
    Mig(gain="exact"),
    Mig(labels="cells"),
    Gme(),
    Gme(criterion="sum"),
    Ideal(),
    Structural(),
    Structural(template="frequent"),
    Structural(coverage="single"),
    D4(),
    D4(r_dedup=1.0, r_proto=0.1),
]
WORDS = "river stone bread violin engine court vector fever galaxy cotton anchor lemon".split()


def block(n: int = 120) -> Pool:
    rng = np.random.default_rng(5)
    topics = rng.integers(0, 6, n)
    texts = [" ".join(rng.choice(WORDS[2 * t : 2 * t + 5], 8)) + f" {row % 9}" for row, t in enumerate(topics)]
    vectors = np.eye(6, 8)[topics] + 0.2 * rng.standard_normal((n, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids, sources = [f"id{row:03}" for row in range(n)], [f"s{row % 3}" for row in range(n)]
    return Pool(ids, texts, sources, vectors, rng.integers(5, 50, n), {"quality": rng.random(n, dtype=np.float32)})


def rows_of(pool: Pool, rows: np.ndarray) -> Pool:
    texts = [[items[row] for row in rows] for items in (pool.ids, pool.texts, pool.sources)]
    columns = {name: column[rows] for name, column in pool.columns.items()}
    return Pool(*texts, pool.vectors[rows], pool.tokens[rows], columns)


@pytest.mark.parametrize("maker", MAKERS, ids=str)
def test_an_order_is_a_permutation_and_depends_on_ids_not_on_rows(maker):
    pool = block()
    order = maker.order(pool, np.random.default_rng(0))
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(120))
    shuffled = np.random.default_rng(9).permutation(120)
    again = maker.order(rows_of(pool, shuffled), np.random.default_rng(0))
    assert shuffled[again].tolist() == order.tolist()


@pytest.mark.parametrize("maker", MAKERS, ids=str)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_blocks(maker, n):
    pool = rows_of(block(), np.arange(n))
    assert sorted(maker.order(pool, np.random.default_rng(0)).tolist()) == list(range(n))


@pytest.mark.parametrize("maker", MAKERS, ids=str)
def test_hostile_texts_and_equal_documents(maker):
    texts = ["", "\0\0", "😀", "x" * 16_384, "' " * 8_000, '"' * 16_384, "\ud800"] * 8
    vectors = np.full((56, 4), 0.5, dtype=np.float32)
    quality = np.full(56, np.nan, dtype=np.float32)
    pool = Pool(["same"] * 56, texts, [""] * 56, vectors, np.ones(56, np.int64), {"quality": quality})
    assert sorted(maker.order(pool, np.random.default_rng(0)).tolist()) == list(range(56))


@pytest.mark.parametrize("maker", MAKERS, ids=str)
def test_the_earliest_get_their_copies_first(maker):
    tokens = np.zeros((1, 256), np.int64)
    tokens[0, [10, 200]] = 100
    copies = maker.preference(Filled(tokens, np.array([100.0]), 4.0))
    assert copies[0, [10, 200]].tolist() == [0, 1]


def test_mig_prefers_the_better_of_two_alike():
    pool = block(12)
    texts = ["violin bread", "violin bread", "engine court", "engine court", *["filler"] * 8]
    quality = np.array([0.2, 0.9, 0.9, 0.2, *[0.0] * 8], dtype=np.float32)
    for maker in (Mig(), Mig(gain="exact")):
        order = maker.order(replace(pool, texts=texts, columns={"quality": quality}), np.random.default_rng(0))
        assert set(order[:2].tolist()) == {1, 2}
        assert set(order[:4].tolist()) == {0, 1, 2, 3}


def test_gme_takes_from_sources_alike():
    pool = block()
    sources = ["rare" if row < 12 else "common" for row in range(120)]
    order = Gme().order(replace(pool, sources=sources), np.random.default_rng(0))
    assert sum(row < 12 for row in order[:24]) >= 8  # 2.4 by chance


def test_ideal_visits_every_topic_early():
    pool = block()
    topics = (pool.vectors @ np.eye(8, 6)).argmax(axis=1)
    order = Ideal().order(pool, np.random.default_rng(0))
    assert len(set(topics[order[:12]].tolist())) == 6


def test_structural_leaves_copies_with_other_numbers_for_later():
    pool = block()
    texts = [f"violin bread and {row}" if row < 40 else text for row, text in enumerate(pool.texts)]
    order = Structural().order(replace(pool, texts=texts), np.random.default_rng(0))
    assert sum(row < 40 for row in order[:40]) <= 9  # 13 by chance
