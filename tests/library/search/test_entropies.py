from pathlib import Path

import numpy as np
import pytest

from mixpipe.search.entropies import pool_entropies, read_entropies
from mixpipe.search.rounds import problem_of
from mixpipe.store.stage import Context


def test_as_many_tokens_of_every_pool_are_counted():
    """Eight tokens in turn: ln 8 to foresee one blindly, nothing once the last is known."""
    turns = np.arange(800) % 8
    found = pool_entropies([turns, np.zeros(8, dtype=np.int64), np.zeros(0, dtype=np.int64)], 8)
    assert found["se"] == pytest.approx([np.log(8), 0, 0])
    assert found["je"] == pytest.approx([np.log(7), 0, 0])  # 7 different pairs in the 8 tokens that are counted
    assert found["ce"] == pytest.approx([0, 0, 0])
    assert np.isfinite(found["vne"]).all()


def test_tokens_that_are_used_alike_add_directions_once():
    """A mark, then any of four words: two directions, ln 2, however many words; two such languages have ln 4."""
    rng = np.random.default_rng(0)
    one = np.column_stack([np.zeros(2000, dtype=np.int64), rng.integers(1, 5, 2000)]).ravel()
    both = np.concatenate([one[:2000], one[:2000] + 5])
    found = pool_entropies([one, one + 5, both, one[:0]], 12)
    assert found["vne"] == pytest.approx([np.log(2), np.log(2), np.log(4), 0], abs=0.02)
    assert found["se"][0] == pytest.approx(np.log(2) + np.log(4) / 2, abs=0.01)


def test_the_same_pools_have_the_same_entropies():
    pools = [np.random.default_rng(seed).zipf(1.5, 3000) % 600 for seed in range(2)]
    first, second = (pool_entropies(pools, 600)["vne"] for _ in range(2))
    assert (first == second).all()


def test_the_search_measures_them_and_methods_get_them(prepared: Context) -> None:
    entropies = problem_of(prepared, 0).entropies
    assert entropies is not None and list(entropies) == ["ce", "je", "se", "vne"]
    assert all(values.shape == (3,) and (values > 0.2).all() for values in entropies.values())
    assert (entropies["ce"] < entropies["se"]).all()


def test_a_search_of_before_has_none(tmp_path: Path) -> None:
    assert read_entropies(tmp_path) is None
