"""A shard of more than 2^31 bytes of tokens, on disk a file of holes: no offset in files or indices is of 31 bits."""

import csv
import struct

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout, TokenShard
from mixpipe.tables import ENCODED

LENGTHS = [1 << 29, 1 << 29, 0, 5]  # tokens of two bytes: the last document begins at 2^31 bytes
ENDS = np.cumsum([length for length in LENGTHS if length])
END = 3
LAST = [11, 12, 13, 14, END]
WRITTEN = len(ENDS)
TOKENS = [name for name in sorted(FORMATS) if isinstance(load_format(name), TokenFormat)]


def write_sparse(path, head):
    """Write a file of tokens: a head, zeros that take no room, ends of documents, and the last document."""
    with path.open("wb") as file:
        file.write(head)
        for end in ENDS:
            file.seek(len(head) + 2 * (int(end) - 1))
            file.write(struct.pack("<H", END))
        file.seek(len(head) + 2 * (int(ENDS[-1]) - len(LAST)))
        file.write(struct.pack(f"<{len(LAST)}H", *LAST))


def head_of(name):
    """Return what stands before the tokens: of litdata the items and where each begins and the last ends."""
    if name != "litdata":
        return b""
    size = 4 * (WRITTEN + 2)
    return struct.pack(f"<{WRITTEN + 2}I", WRITTEN, size, *(size + 2 * int(end) for end in ENDS))


@pytest.fixture(params=TOKENS)
def name(request):
    return request.param


@pytest.fixture
def shard(tmp_path):
    write_sparse(tmp_path / "ids", b"")
    same = {"domain": 0, "copy": 0, "source": "s", "n_tokens": 1}
    rows = [{"id": f"{number}", "n_encoded": length, **same} for number, length in enumerate(LENGTHS)]
    ids = np.memmap(tmp_path / "ids", "<u2", "r")
    return TokenShard(ids, pa.Table.from_pylist(rows, ENCODED), TokenLayout(4096, END))


@pytest.fixture
def path(tmp_path, shard, name):
    """The shard as the format writes it, but for the tokens, which would take 2 GiB."""

    class Sparse(type(load_format(name))):
        def write_ids(self, path, shard):
            write_sparse(path, head_of(name))

    place = tmp_path / f"train{load_format(name).suffix}"
    assert Sparse().write(place, shard) == len(LENGTHS)
    return place


def test_it_takes_no_room(path):
    assert path.stat().st_size > 1 << 31
    assert path.stat().st_blocks * 512 < 1 << 20


def test_the_last_document_is_read(path, name):
    form = load_format(name)
    found = form.load(path)
    assert found.ids[found.ends()[-2] :].tolist() == LAST


def test_megatron_has_places_in_bytes_of_64_bits(shard):
    index = load_format("megatron").index_files(shard)[".idx"]
    assert struct.unpack_from(f"<{WRITTEN}q", index, 34 + 4 * WRITTEN) == (0, 1 << 30, 1 << 31)


def test_datatrove_has_ends_of_64_bits(shard):
    index = load_format("datatrove").index_files(shard)[".ds.index"]
    assert struct.unpack(f"<{WRITTEN}Q", index) == tuple(ENDS.tolist())


def test_the_table_of_olmo_has_the_last_document(shard):
    table = load_format("olmo").index_files(shard)[".csv.gz"].decode()
    assert list(csv.reader(table.splitlines()))[-1] == [str(1 << 30), str((1 << 30) + 5), "3", "s", "3"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TOKENS if name != "litdata"])  # it would hold them three times
def test_all_of_it_is_written_and_the_last_token_checked(tmp_path, shard, name):
    form, path = load_format(name), tmp_path / f"train{load_format(name).suffix}"
    assert form.write(path, shard) == len(LENGTHS)
    assert path.stat().st_size == 2 * ENDS[-1]
    assert form.load(path).ids[ENDS[-2] :].tolist() == LAST
    assert list(form.problems(path, form.read(path))) == []
    with path.open("r+b") as file:
        file.seek(-2, 2)
        file.write(struct.pack("<H", END + 1))
    assert list(form.problems(path, form.read(path))) == [f"1 documents do not end in token {END}"]
