"""Shards that the trainers' own libraries write too."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats.tokens import TokenLayout, TokenShard, token_dtype
from mixpipe.tables import ENCODED

END = 3


@pytest.fixture(params=[4096, 65_499, 65_500, 65_536, 65_537, 130_000])
def shard(request) -> TokenShard:
    """Two hundred documents of random tokens, some without any, under vocabularies around every limit."""
    rng = np.random.default_rng(request.param)
    lengths = rng.integers(0, 90, 200) * rng.integers(0, 4, 200).clip(max=1)
    ids = rng.integers(END + 1, request.param, lengths.sum()).astype(token_dtype(request.param))
    ids[np.cumsum(lengths[lengths > 0]) - 1] = END
    same = {"domain": 0, "copy": 0, "source": "made\nof, lines", "n_tokens": 0}
    rows = [{"id": f"{n:032x}", "n_encoded": int(length), **same} for n, length in enumerate(lengths)]
    return TokenShard(ids, pa.Table.from_pylist(rows, ENCODED), TokenLayout(request.param, END))


@pytest.fixture
def documents(shard) -> Callable[[], list[np.ndarray]]:
    """The tokens of each document that has any."""
    return lambda: np.split(shard.ids, shard.ends()[:-1])
