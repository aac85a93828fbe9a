import gzip
import struct

import pyarrow as pa
import pytest

from mixpipe.shards.formats.olmo import Olmo
from mixpipe.tables import ENCODED


@pytest.mark.parametrize(("vocabulary", "letter"), [(65_536, "H"), (65_537, "I")])
def test_both_files_byte_by_byte(tmp_path, make_shard, ids, vocabulary, letter):
    Olmo().write(tmp_path / "train.npy", make_shard(vocabulary))
    assert (tmp_path / "train.npy").read_bytes() == struct.pack(f"<6{letter}", *ids)
    table = gzip.decompress((tmp_path / "train.csv.gz").read_bytes()).decode()
    assert table == '0,4,x,"a, ""b"" c\x00x",0\n4,6,z,"a, ""b"" c\x00z",2\n'


def test_a_row_of_the_table_is_one_line_whatever_the_source(tmp_path, make_shard):
    shard = make_shard()
    sources = pa.array(["\r\n\u2028\x85\x0b a", "", "\t"])
    documents = shard.documents.set_column(3, ENCODED.field("source"), sources)
    Olmo().write(tmp_path / "train.npy", shard._replace(documents=documents))
    table = gzip.decompress((tmp_path / "train.csv.gz").read_bytes()).decode()
    assert table.splitlines() == ["0,4,x,a,0", "4,6,z,,2"]
