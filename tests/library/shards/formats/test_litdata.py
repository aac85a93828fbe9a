"""litdata's chunk, byte by byte as litdata documents it; what litdata itself writes and reads: tests/readers."""

import struct
import sys

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError, StoreError
from mixpipe.shards.formats.litdata import LitData
from mixpipe.shards.formats.olmo import Olmo
from mixpipe.shards.formats.tokens import TokenLayout, TokenShard
from mixpipe.tables import ENCODED

IDS = [7, 8, 9, 0, 300, 0]
LENGTHS = [4, 0, 2]
# two items, where they begin and the last ends, and the tokens
CHUNK = struct.pack("<4I", 2, 16, 24, 28) + struct.pack("<6H", *IDS)


def make_shard(ids=IDS, lengths=LENGTHS, layout=None):
    same = {"domain": 0, "copy": 0, "source": "s", "n_tokens": 1}
    rows = [{"id": name, "n_encoded": n, **same} for name, n in zip("xyz", lengths, strict=True)]
    return TokenShard(np.array(ids, "<u2"), pa.Table.from_pylist(rows, ENCODED), layout or TokenLayout(4096, 0))


@pytest.fixture
def path(tmp_path):
    Olmo().write(tmp_path / "train.npy", make_shard())  # the documents, which all formats of tokens share
    (tmp_path / "train.litdata").write_bytes(CHUNK)
    return tmp_path / "train.litdata"


def test_a_chunk_is_read(path):
    assert LitData().load(path).ids.tolist() == IDS
    assert list(LitData().problems(path, LitData().read(path))) == []


@pytest.mark.parametrize(
    ("place", "what"), [(0, "bytes of tokens"), (8, "places before the tokens"), (-2, "do not end")]
)
def test_a_changed_byte_is_found(path, place, what):
    changed = bytearray(CHUNK)
    changed[place] ^= 1
    path.write_bytes(changed)
    assert any(what in problem for problem in LitData().problems(path, LitData().read(path)))


def test_a_chunk_that_ends_early_is_refused(path):
    path.write_bytes(CHUNK[:-2])
    with pytest.raises(StoreError, match="bytes of tokens"):
        LitData().load(path)


def test_a_shard_without_tokens_needs_no_library(tmp_path):
    LitData().write(tmp_path / "train.litdata", make_shard([], [0, 0, 0]))
    assert (tmp_path / "train.litdata").read_bytes() == struct.pack("<2I", 0, 8)
    assert LitData().load(tmp_path / "train.litdata").documents.num_rows == 3


def test_more_tokens_than_places_can_say_are_refused(tmp_path):
    class Long(TokenShard):
        def sequence_lengths(self):
            return np.array([2**31 - 6])

    with pytest.raises(StoreError, match="less than 4 GiB"):
        LitData().write(tmp_path / "train.litdata", Long(*make_shard()))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ConfigError, match=r"pip install 'mixpipe\[litdata\]'"):
        LitData().check_library()
    with pytest.raises(ConfigError, match=r"mixpipe\[litdata\]"):
        LitData().write(tmp_path / "train.litdata", make_shard())
    assert list(tmp_path.iterdir()) == []
