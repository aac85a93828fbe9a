"""The layouts of tokens, byte by byte as they are documented, from a shard small enough to write by hand."""

import gzip
import struct

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import StoreError
from mixpipe.shards.formats.datatrove import Datatrove
from mixpipe.shards.formats.megatron import Megatron
from mixpipe.shards.formats.olmo import Olmo
from mixpipe.tables import ENCODED


@pytest.mark.parametrize(("vocabulary", "code", "letter"), [(65_499, 8, "H"), (65_500, 4, "i"), (100_000, 4, "i")])
def test_megatron(tmp_path, make_shard, ids, vocabulary, code, letter):
    Megatron().write(tmp_path / "train.bin", make_shard(vocabulary))
    assert (tmp_path / "train.bin").read_bytes() == struct.pack(f"<6{letter}", *ids)
    size = struct.calcsize(letter)
    index = b"MMIDIDX\x00\x00" + struct.pack("<QBQQ", 1, code, 2, 3)
    index += struct.pack("<2i", 4, 2) + struct.pack("<2q", 0, 4 * size) + struct.pack("<3q", 0, 1, 2)
    assert (tmp_path / "train.idx").read_bytes() == index


def test_megatron_in_sequences_of_one_length(tmp_path, make_shard):
    Megatron().write(tmp_path / "train.bin", make_shard(sequence_length=3))
    index = b"MMIDIDX\x00\x00" + struct.pack("<QBQQ", 1, 8, 2, 3)
    index += struct.pack("<2i", 3, 3) + struct.pack("<2q", 0, 6) + struct.pack("<3q", 0, 1, 2)
    assert (tmp_path / "train.idx").read_bytes() == index


@pytest.mark.parametrize("form", [Megatron(), Datatrove(), Olmo()])
def test_an_index_of_other_documents_and_one_that_is_missing_are_found(form, tmp_path, make_shard):
    path = tmp_path / f"train{form.suffix}"
    form.write(path, make_shard())
    assert list(form.problems(path, None)) == []
    index = tmp_path / f"train{form.beside[0]}"
    content = bytearray(gzip.decompress(index.read_bytes()) if index.suffix == ".gz" else index.read_bytes())
    content[0] ^= 1
    index.write_bytes(gzip.compress(content) if index.suffix == ".gz" else content)
    assert list(form.problems(path, None)) == [f"{form.beside[0]} is not the index of these documents"]
    index.unlink()
    assert len(list(form.problems(path, None))) == 1


def test_a_token_beyond_the_vocabulary_and_a_document_without_an_end_are_found(tmp_path, make_shard):
    shard = make_shard(vocabulary=301)
    path = tmp_path / "train.npy"
    Olmo().write(path, shard)
    path.write_bytes(np.array([7, 8, 9, 1, 301, 0], "<u2").tobytes())
    assert list(Olmo().problems(path, None)) == [
        "token 301 in a vocabulary of 301",
        "1 documents do not end in token 0",
    ]


def test_another_table_beside_the_tokens_is_a_clear_error(tmp_path, make_shard):
    Olmo().write(tmp_path / "train.npy", make_shard())
    with pa.ipc.new_file(tmp_path / "train.documents.arrow", ENCODED):
        pass
    with pytest.raises(StoreError, match=r"documents of train\.npy"):
        Olmo().read(tmp_path / "train.npy")
