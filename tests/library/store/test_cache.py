from mixpipe.store.cache import cache_folder, is_remote, working_root


def test_local_copies_lie_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    one, other = working_root("s3://bucket/a/run"), working_root("s3://bucket/b/run/")
    assert one.parent == other.parent == tmp_path / "here" / "roots"
    assert one != other
    assert working_root("s3://bucket/b/run") == other
    monkeypatch.delenv("MIXPIPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder() == tmp_path / "caches" / "mixpipe"


def test_a_url_is_told_from_a_path():
    assert is_remote("s3://bucket")
    assert not any(is_remote(place) for place in ("/a/b", "a:b", "hf:name", "s3:/bucket"))
