import json
import tarfile
from io import BytesIO

import orjson
import pyarrow as pa
import pytest
from datasets import load_dataset

from mixpipe.errors import StoreError
from mixpipe.shards.formats.webdataset import WebDataset


def test_members_of_a_document_are_adjacent_and_carry_nothing_of_the_machine(tmp_path, rows):
    path = tmp_path / "train-000000.tar"
    WebDataset().write(path, [rows])
    with tarfile.open(path) as file:
        members = file.getmembers()
    stems = [member.name.partition(".")[0] for member in members]
    assert stems[::2] == stems[1::2]
    assert len(set(stems)) == len(rows)
    assert {member.name.partition(".")[2] for member in members} == {"txt", "json"}
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(0, 0, 0, "")}


def test_datasets_reads_it(tmp_path, rows):
    path = tmp_path / "train-000000.tar"
    WebDataset().write(path, [rows])
    found = load_dataset("webdataset", data_files={"train": str(path)}, split="train", streaming=True)
    documents = list(found)
    assert [document["txt"] for document in documents] == rows["text"].to_pylist()
    first = documents[0]["json"]
    assert (json.loads(first) if isinstance(first, str | bytes) else first)["domain_name"] == "d"


def test_the_bytes_are_those_of_tarfile(tmp_path, rows):
    texts = pa.array(["x" * size for size in (0, 1, 511, 512, 513, 1 << 20)])
    rows = pa.concat_tables([rows, rows.slice(0, len(texts)).set_column(1, rows.schema.field("text"), texts)])
    WebDataset().write(tmp_path / "ours.tar", [rows])
    with tarfile.open(tmp_path / "theirs.tar", "w", format=tarfile.USTAR_FORMAT) as file:
        for number, row in enumerate(rows.to_pylist()):
            text = row.pop("text").encode()
            for suffix, content in (("txt", text), ("json", orjson.dumps(row))):
                member = tarfile.TarInfo(f"{number:08d}-{row['id']}.{suffix}")
                member.size = len(content)
                file.addfile(member, BytesIO(content))
    assert (tmp_path / "ours.tar").read_bytes() == (tmp_path / "theirs.tar").read_bytes()


def test_an_id_that_no_header_holds_is_refused(tmp_path, rows):
    rows = rows.slice(0, 1).set_column(0, rows.schema.field("id"), pa.array(["x" * 100]))
    with pytest.raises(StoreError, match="100 bytes"):
        WebDataset().write(tmp_path / "train.tar", [rows])
    assert list(tmp_path.iterdir()) == []
