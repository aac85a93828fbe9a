"""Arrow files and streams are told apart by their beginning, and rows are numbered through all their batches."""

import pyarrow as pa
import pytest

from mixpipe.corpus.readers.arrow import BATCH_ROWS, READER
from mixpipe.corpus.readers.record import DamageError, Wanted

WANTED = Wanted(text="text")
KINDS = {"file": pa.ipc.new_file, "stream": pa.ipc.new_stream}


def write(path, kind, batches):
    schema = pa.schema({"text": pa.string(), "other": pa.int64()})
    with pa.OSFile(str(path), "wb") as sink, KINDS[kind](sink, schema) as writer:
        for texts in batches:
            writer.write_batch(pa.record_batch([pa.array(texts), pa.array(range(len(texts)))], schema=schema))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_numbered_through_empty_and_large_batches(tmp_path, kind):
    sizes = (3, 0, BATCH_ROWS + 5)
    write(tmp_path / "data", kind, [[f"{size}/{n}" for n in range(size)] for size in sizes])
    found = list(READER.read(tmp_path / "data", WANTED, None))
    assert [row.number for row in found] == list(range(1, sum(sizes) + 1))
    assert found[3].values == {"text": f"{sizes[2]}/0".encode()}  # and no column that was not asked for


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_known_by_its_beginning(tmp_path, kind):
    write(tmp_path / "data", kind, [["a"]])
    assert READER.recognises((tmp_path / "data").read_bytes()[:4096])
    assert not READER.recognises(b'{"text": "a"}')


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_gives_nothing(tmp_path, kind):
    write(tmp_path / "whole", kind, [["a"] * 100, ["b"] * 100])
    whole = (tmp_path / "whole").read_bytes()
    for size in (7, len(whole) // 2, len(whole) - 20):
        (tmp_path / "cut").write_bytes(whole[:size])
        rows = []
        with pytest.raises(DamageError, match="nothing of it was read"):
            rows.extend(READER.read(tmp_path / "cut", WANTED, None))
        assert rows == []
