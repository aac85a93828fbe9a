import numpy as np

from mixpipe.plan.makers.hash_order import by_hash
from mixpipe.plan.makers.protocol import Pool


def pool(ids: list[str], sources: list[str]) -> Pool:
    n = len(ids)
    vectors = np.arange(n, dtype=np.float32)[:, None]
    texts = [f"text of {name}" for name in ids]
    return Pool(ids, texts, sources, vectors, np.arange(n), {"quality": np.arange(n, dtype=np.float32)})


def test_every_field_follows_the_rows():
    block, rows = by_hash(pool(list("abcdef"), list("uvwxyz")), np.random.default_rng(0))
    assert sorted(rows.tolist()) == list(range(6))
    assert block.vectors[:, 0].tolist() == block.tokens.tolist() == block.columns["quality"].tolist() == rows.tolist()
    assert block.ids == ["abcdef"[row] for row in rows]
    assert block.texts == [f"text of {name}" for name in block.ids]
    assert block.sources == ["uvwxyz"[row] for row in rows]


def test_the_order_is_of_ids_and_not_of_rows():
    ids = [f"{number:02}" for number in range(50)]
    first = by_hash(pool(ids, ["s"] * 50), np.random.default_rng(0)).pool.ids
    assert by_hash(pool(ids[::-1], ["s"] * 50), np.random.default_rng(0)).pool.ids == first
    assert by_hash(pool(ids, ["s"] * 50), np.random.default_rng(1)).pool.ids != first


def test_equal_ids_are_told_apart_by_source():
    for sources in (["b", "a"], ["a", "b"]):
        assert by_hash(pool(["x", "x"], sources), np.random.default_rng(0)).pool.sources == ["a", "b"]
