import json
import tarfile

from datasets import load_dataset

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
