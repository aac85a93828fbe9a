"""Input files of an object store are those of the same folder on a disk: names, bytes, order, what is passed over."""

import shutil

import pytest

from mixpipe.corpus.inputs import input_files, inputs_identity
from mixpipe.corpus.remote import fetch_all, remote_files, to_fetch
from mixpipe.errors import InputError
from mixpipe.store.cache import cache_folder
from mixpipe.store.remote import Remote

TREE = [
    "a.jsonl",
    "README.md",
    "_SUCCESS",
    ".a.jsonl.crc",
    "b.parquet.tmp",
    "_temporary/0/c.parquet",
    "src/README.md",
    "src/__init__.py",
    "src/.git/config.txt",
    "src/__pycache__/a.py",
    "saved/data.arrow",
    "saved/dataset_info.json",
    "x/1/a.jsonl",
    "x/2/b.jsonl",
    "x/2/LICENSE",
    "x/2/c.txt",
    "x/2/.d.jsonl",
    "x/é ü/z[1].jsonl",
]
BELOW_X = ["1/a.jsonl", "2/b.jsonl", "2/c.txt", "é ü/z[1].jsonl"]


@pytest.fixture
def local(tmp_path):
    for name in TREE:
        (tmp_path / "local" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / name).write_text(f"this is {name}")
    return tmp_path / "local"


@pytest.fixture
def url(bucket, local):
    list(Remote(f"{bucket}/corpus").put_all(local, TREE, ""))
    return f"{bucket}/corpus"


@pytest.mark.parametrize(
    "below",
    ["", "/x", "/a.jsonl", "/.a.jsonl.crc", "/x/*/*.jsonl", "/*", "/x/[2]", "/**/*.jsonl", "/src/*.py", "/x/?/a.jsonl"],
)
def test_a_url_names_what_the_same_path_names(local, url, below):
    here, there = (input_files([f"{place}{below}"], "f") for place in (local, url))
    assert [(file.name, file.digest) for file in there] == [(file.name, file.digest) for file in here]
    assert inputs_identity(there) == inputs_identity(here)


def test_a_name_that_looks_like_a_glob_is_an_object(url):
    assert [file.name for file in input_files([f"{url}/x/é ü/z[1].jsonl"], "f")] == ["z[1].jsonl"]


def test_a_file_named_twice_is_one(url):
    assert [file.name for file in input_files([f"{url}/x", f"{url}/x/1/a.jsonl", f"{url}/x/*"], "f")] == BELOW_X


def test_marks_of_folders_and_names_no_disk_could_have_are_no_danger(bucket, local):
    remote = Remote(f"{bucket}/odd")
    for name in ("folder/", "folder//twice.jsonl", "folder/../up.jsonl", "a/b.jsonl", "a"):
        remote.put(local / "a.jsonl", name)
    files = input_files([remote.url], "f")
    assert [file.name for file in files] == ["a", "a/b.jsonl", "folder//twice.jsonl"]
    assert len({file.path for file in files}) == 3


def test_only_what_is_new_is_copied(url, local):
    assert [file.name for file in to_fetch({f"{url}/x": "f"})] == BELOW_X
    first = input_files([f"{url}/x"], "f")
    assert to_fetch({f"{url}/x": "f"}) == []
    (local / "x/1/a.jsonl").write_text("changed")
    Remote(url).put(local / "x/1/a.jsonl", "x/1/a.jsonl")
    assert [file.name for file in to_fetch({f"{url}/x": "f"})] == ["1/a.jsonl"]
    second = input_files([f"{url}/x"], "f")
    assert [one.path == other.path for one, other in zip(first, second, strict=True)] == [False, True, True, True]
    shutil.rmtree(cache_folder())
    assert input_files([f"{url}/x"], "f")[1:] != second[1:]  # copied anew: the times differ,
    assert inputs_identity(input_files([f"{url}/x"], "f")) == inputs_identity(second)  # and what is read does not


def test_an_object_that_changes_between_listing_and_reading_is_not_taken(url, local):
    files = remote_files(f"{url}/x", "f")
    (local / "x/1/a.jsonl").write_text("THIS IS x/1/a.jsonl")  # of the same size
    Remote(url).put(local / "x/1/a.jsonl", "x/1/a.jsonl")
    with pytest.raises(InputError, match=r"/1/a\.jsonl as it was listed, found it changed; run again"):
        list(fetch_all(files))
    assert not list(files[0].copy.parent.glob(f"*{files[0].copy.name[:32]}*"))


@pytest.mark.parametrize("below", ["/nothing", "/x/*.parquet", "/.git"])
def test_a_url_that_names_nothing_is_refused_with_its_field(url, below):
    with pytest.raises(InputError, match=r"ingest\.paths, found nothing at s3://"):
        input_files([f"{url}{below}"], "ingest.paths")


def test_a_bucket_that_is_not_there_is_wrong_input(bucket):
    with pytest.raises(InputError, match=r"expected objects in ingest\.paths: cannot reach s3://.*create the bucket"):
        input_files(["s3://no-such-bucket/corpus"], "ingest.paths")
