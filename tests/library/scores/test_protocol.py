import numpy as np
import pytest

from mixpipe.errors import StageError
from mixpipe.scores.protocol import BLOCK_DOCUMENTS, halves
from mixpipe.store.fingerprint import text_id


def test_halves_are_even_and_belong_to_the_id():
    ids = [text_id(str(n)) for n in range(4000)]
    found = halves(ids)
    assert 1850 < found.sum() < 2150
    assert halves(ids[::-1]).tolist() == found[::-1].tolist()


def test_blocks_are_the_rows_in_order(make_batch):
    batch = make_batch(["x" * 1_500_000, "y", "z" * 1_900_000, *map(str, range(3000))])
    batch.columns["a"] = np.arange(len(batch.ids))
    blocks = list(batch.blocks())
    assert [text for block in blocks for text in block.texts] == batch.texts
    assert np.concatenate([block.column("a") for block in blocks]).tolist() == list(range(len(batch.ids)))
    assert max(len(block.texts) for block in blocks) <= BLOCK_DOCUMENTS
    assert all(len(block.texts) for block in blocks)


def test_no_rows_no_blocks(make_batch):
    assert list(make_batch([]).blocks()) == []


def test_a_missing_column_is_named(make_batch):
    with pytest.raises(StageError, match=r"perplexity.*found none.*scores\.scorers"):
        make_batch(["a"]).column("perplexity")
