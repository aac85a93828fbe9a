import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.corpus.inputs import input_files, inputs_identity, printable
from mixpipe.errors import InputError


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names(*paths):
    return [file.name for file in input_files([str(path) for path in paths], "ingest.paths")]


def test_what_is_passed_over_in_folders(tmp_path):
    write(tmp_path, "a.jsonl", "README.md", "_SUCCESS", ".a.jsonl.crc", "b.parquet.tmp", "_temporary/0/c.parquet")
    write(
        tmp_path, "src/README.md", "src/__init__.py", "src/.git/config.txt", "src/__pycache__/a.py", "saved/state.json"
    )
    write(tmp_path, "saved/data.arrow", "saved/dataset_info.json")
    assert names(tmp_path) == ["a.jsonl", "saved/data.arrow", "src/README.md", "src/__init__.py"]


def test_data_files_are_read_whatever_they_are_called(tmp_path):
    write(tmp_path, "readmes.jsonl", "license.parquet", "notice.jsonl.gz", "README_de.md", "LICENSE")
    assert names(tmp_path) == ["license.parquet", "notice.jsonl.gz", "readmes.jsonl"]


def test_a_file_named_itself_is_read_whatever_its_name(tmp_path):
    write(tmp_path, ".hidden.jsonl", "glob[1]*.jsonl")
    assert names(tmp_path / ".hidden.jsonl", tmp_path / "glob[1]*.jsonl") == [".hidden.jsonl", "glob[1]*.jsonl"]


def test_globs_name_files_from_their_first_wildcard(tmp_path):
    write(tmp_path, "x/1/a.jsonl", "x/2/b.jsonl", "x/2/c.txt", "x/2/.d.jsonl")
    assert names(tmp_path / "x/*/*.jsonl") == ["1/a.jsonl", "2/b.jsonl"]
    assert names(tmp_path / "x/[2]") == ["2/b.jsonl", "2/c.txt"]


def test_equal_names_under_two_paths_stay_apart_and_a_file_given_twice_is_one(tmp_path):
    write(tmp_path, "x/a.jsonl", "y/a.jsonl")
    assert names(tmp_path / "x", tmp_path / "y", tmp_path / "y/a.jsonl") == ["a.jsonl", "2/a.jsonl"]


def test_identity_is_of_names_and_bytes_not_of_places_and_times(tmp_path):
    for folder in ("here", "there/deep"):
        write(tmp_path, f"{folder}/s/a.jsonl")
        (tmp_path / folder / "s/a.jsonl").write_text("same")
    os.utime(tmp_path / "here/s/a.jsonl", (0, 0))
    here, there = (input_files([str(tmp_path / folder)], "f") for folder in ("here", "there/deep"))
    assert inputs_identity(here) == inputs_identity(there)
    (tmp_path / "here/s/a.jsonl").write_text("other")
    assert inputs_identity(input_files([str(tmp_path / "here")], "f")) != inputs_identity(there)


@pytest.mark.parametrize("path", ["gone.jsonl", "gone/*.jsonl", "*.nothing"])
def test_a_path_that_names_nothing_is_refused_with_its_field(tmp_path, path):
    with pytest.raises(InputError, match=r"ingest\.paths, found nothing at .*\.(jsonl|nothing)$"):
        names(tmp_path / path)


@given(st.text(), st.text())
def test_printable_names_are_printable_and_different(one, other):
    assert printable(one).isprintable()
    assert (printable(one) == printable(other)) == (one == other)


def test_a_name_that_is_not_utf8_is_escaped():
    assert printable(os.fsdecode(b"latin1_\xe9\n\\")) == "latin1_\\xe9\\n\\\\"
