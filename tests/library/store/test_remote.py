"""Objects against a real S3 server on loopback; what is wrong is said in one line."""

import errno
from datetime import UTC, datetime

import pytest
from s3fs import S3FileSystem

import mixpipe.store.remote
from mixpipe.errors import ConfigError, StoreError
from mixpipe.store.remote import Remote, _remedy, _stored

NAMES = ["a.txt", "b/c d%20?[*.txt", "b/é", "z"]


@pytest.fixture
def local(tmp_path):
    for name in NAMES:
        (tmp_path / "local" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "local" / name).write_text(f"this is {name}")
    return tmp_path / "local"


@pytest.fixture
def other_client(bucket):
    """Clients made in the test see the test's environment, and none is left over."""
    S3FileSystem.clear_instance_cache()
    yield bucket
    S3FileSystem.clear_instance_cache()


def test_files_go_there_and_come_back(bucket, local, tmp_path):
    remote = Remote(f"{bucket}/folder/")
    assert remote.files() == {}
    assert list(remote.put_all(local, NAMES, "below")) == NAMES
    found = remote.files("below")
    assert list(found) == [f"below/{name}" for name in NAMES]
    assert [stored.size for stored in found.values()] == [(local / name).stat().st_size for name in NAMES]
    assert sorted(remote.get_all(NAMES, tmp_path / "back", "below")) == sorted(NAMES)
    assert all((tmp_path / "back" / name).read_bytes() == (local / name).read_bytes() for name in NAMES)
    assert remote.read("below/a.txt") == b"this is a.txt"
    assert remote.read("below") is None


def test_objects_are_copied_inside_the_store_and_removed(bucket, local):
    remote = Remote(bucket)
    list(remote.put_all(local, NAMES, "one"))
    assert list(remote.copy_all("one", NAMES, "two")) == NAMES
    assert [remote.read(f"two/{name}") for name in NAMES] == [remote.read(f"one/{name}") for name in NAMES]
    remote.remove([*(f"one/{name}" for name in NAMES), "one/nothing"])
    assert list(remote.files()) == [f"two/{name}" for name in NAMES]


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(bucket, local):
    list(Remote(bucket).put_all(local, NAMES, "run"))
    list(Remote(bucket).put_all(local, NAMES, "runner"))
    assert list(Remote(f"{bucket}/run").files()) == NAMES
    assert list(Remote(f"{bucket}/run/a.txt").files()) == [""]  # an object itself


def test_the_last_file_goes_only_when_all_others_are_there(bucket, local):
    remote = Remote(bucket)
    copies = remote.put_all(local, ["a.txt", "missing", "z"], "")
    with pytest.raises(StoreError, match="missing"):
        list(copies)
    assert "z" not in remote.files()


def test_another_content_has_another_version(bucket, local):
    remote = Remote(bucket)
    versions = []
    for text in ("one", "two", "one"):
        (local / "a.txt").write_text(text)
        remote.put(local / "a.txt", "a.txt")
        versions.append(remote.files()["a.txt"])
    assert versions[0] == versions[2] != versions[1]


def test_a_store_without_etags_has_the_time(tmp_path):
    when = datetime(2026, 1, 2, tzinfo=UTC)
    assert _stored({"size": 3, "created": when}).version == str(when)
    assert _stored({"size": 3, "ETag": "e", "LastModified": when}).version == "e"


def test_a_name_that_leads_out_of_the_folder_is_refused_before_anything_is_written(bucket, tmp_path):
    with pytest.raises(StoreError, match=r"found '\.\./\.\./escaped'; remove that object"):
        list(Remote(bucket).get_all(["ok", "../../escaped"], tmp_path / "in" / "here"))
    assert not (tmp_path / "in").exists()


def test_what_was_not_read_leaves_nothing(bucket, tmp_path):
    with pytest.raises(StoreError, match=r"cannot reach s3://.*does not exist"):
        Remote(bucket).get("gone", tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_is_not_there_is_said(bucket):
    with pytest.raises(StoreError, match="bucket does not exist; create the bucket, or correct the URL"):
        Remote("s3://no-such-bucket/run").files()


def test_missing_credentials_are_said(other_client, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match="Unable to locate credentials; set AWS_ACCESS_KEY_ID and"):
        Remote(other_client).files()


def test_a_server_that_does_not_answer_is_said(other_client, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    with pytest.raises(StoreError, match=r"endpoint URL.*; check AWS_ENDPOINT_URL and the network"):
        Remote(other_client).files()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://", "expected a bucket, as in s3://bucket/folder, found 's3://'"),
        ("s3:///folder", "expected a bucket"),
        ("nosuch://bucket/folder", r"found 'nosuch://bucket/folder' \(Protocol not known: nosuch\)"),
        ("s3://key:secret@bucket/folder", "URL without credentials, found some; set AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_url_that_cannot_be_is_refused_and_its_credentials_are_not_repeated(url, message):
    with pytest.raises(ConfigError, match=message) as refused:
        Remote(url).files()
    assert "secret" not in str(refused.value)


def test_a_missing_package_is_said(monkeypatch):
    def not_installed(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(mixpipe.store.remote, "url_to_fs", not_installed)
    with pytest.raises(ConfigError, match=r"Install s3fs to access S3; for s3 `pip install mixpipe\[s3\]`"):
        Remote("s3://bucket").files()


def test_a_full_disk_is_not_taken_for_the_network():
    assert "set MIXPIPE_CACHE to a folder on a larger disk" in _remedy(OSError(errno.ENOSPC, "full"))
    assert "AWS_PROFILE" in _remedy(PermissionError("Access Denied"))
