"""The last move of sealing: only what the manifest lists goes along, and whoever comes second yields."""

import hashlib

import pytest

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST, Manifest
from mixpipe.store.install import artefact_path, file_entry, install


def scratch(folder, files):
    """Write files and a manifest that lists all of them."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    manifest = Manifest(
        stage="made",
        version=1,
        fingerprint="f",
        identity={},
        files=tuple(file_entry(folder, folder / name) for name in files),
        parts=(),
        counts={},
        provenance={},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    return folder


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_line_of_the_manifest_says_the_files_name_size_and_hash(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"abc")
    entry = file_entry(tmp_path, tmp_path / "data" / "a")
    assert (entry.name, entry.bytes) == ("data/a", 3)
    assert entry.sha256 == hashlib.sha256(b"abc").hexdigest()


def test_what_is_not_listed_is_dropped_with_the_folders_it_leaves_empty(tmp_path):
    out, target = scratch(tmp_path / "out", {"a": "1", "data/b": "2"}), artefact_path(tmp_path, "made", "f")
    for name in ("half.tmp", "data/more.tmp", "done/inner/record"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("left over")
    assert install(out, target).path == target
    assert left(target) == ["a", "data", "data/b", MANIFEST]
    assert not out.exists()


def test_the_first_is_kept_and_the_second_thrown_away(tmp_path):
    target = artefact_path(tmp_path, "made", "f")
    install(scratch(tmp_path / "one", {"a": "first"}), target)
    found = install(scratch(tmp_path / "two", {"a": "second"}), target)
    assert found.file("a").read_text() == "first"
    assert not (tmp_path / "two").exists()


def test_a_folder_in_the_way_that_is_no_artefact_is_real_trouble_and_costs_no_work(tmp_path):
    out, target = scratch(tmp_path / "out", {"a": "1"}), artefact_path(tmp_path, "made", "f")
    target.mkdir(parents=True)
    (target / "of somebody").write_text("else")
    with pytest.raises(StoreError):
        install(out, target)
    assert left(out) == ["a", MANIFEST]
    assert left(target) == ["of somebody"]
