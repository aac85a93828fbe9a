import struct

import numpy as np
import pytest

from mixpipe.shards.formats.datatrove import Datatrove


@pytest.mark.parametrize(("vocabulary", "letter"), [(65_536, "H"), (65_537, "I")])
def test_the_three_files_byte_by_byte(tmp_path, make_shard, ids, vocabulary, letter):
    Datatrove().write(tmp_path / "train.ds", make_shard(vocabulary))
    assert (tmp_path / "train.ds").read_bytes() == struct.pack(f"<6{letter}", *ids)
    assert (tmp_path / "train.ds.index").read_bytes() == struct.pack("<2Q", 4, 6)
    assert (tmp_path / "train.ds.metadata").read_text() == f"tokenizer.json|{struct.calcsize(letter)}\n6\n6.00 T"


def test_of_packed_sequences_the_index_has_the_documents_as_far_as_they_are_kept(tmp_path, make_shard):
    shard = make_shard(sequence_length=5)
    cut = shard.documents.set_column(
        shard.documents.schema.get_field_index("n_encoded"),
        shard.documents.schema.field("n_encoded"),
        [np.array([4, 0, 1])],
    )
    Datatrove().write(tmp_path / "train.ds", shard._replace(ids=shard.ids[:5], documents=cut))
    assert (tmp_path / "train.ds.index").read_bytes() == struct.pack("<2Q", 4, 5)
    assert (tmp_path / "train.ds.metadata").read_text() == "tokenizer.json|2\n5\n5.00 T"
