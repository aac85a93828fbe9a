import pytest

from mixpipe.errors import StoreError
from mixpipe.store.artefact import Artefact, FileEntry, Manifest
from mixpipe.store.files import write_json
from mixpipe.store.fingerprint import file_digest


@pytest.fixture
def artefact(tmp_path):
    (tmp_path / "data").mkdir()
    names = ["a.txt", "data/b.txt"]
    for name in names:
        (tmp_path / name).write_text(name)
    files = [
        FileEntry(name=name, bytes=(tmp_path / name).stat().st_size, sha256=file_digest(tmp_path / name))
        for name in names
    ]
    manifest = Manifest(
        stage="s", version=1, fingerprint="f", identity={}, files=tuple(files), parts=(), counts={}, provenance={}
    )
    write_json(tmp_path / "manifest.json", manifest.model_dump(mode="json"))
    return Artefact.load(tmp_path)


def test_a_whole_artefact_has_no_damage(artefact):
    assert artefact.damage() == []


def test_one_flipped_byte_is_found(artefact):
    path = artefact.file("data/b.txt")
    path.write_bytes(b"X" + path.read_bytes()[1:])
    assert artefact.damage() == ["data/b.txt: changed since it was sealed (SHA-256 differs)"]


def test_a_missing_and_an_extra_file_are_found(artefact):
    artefact.file("a.txt").unlink()
    (artefact.path / "c.txt").write_text("?")
    assert artefact.damage() == ["a.txt: missing", "c.txt: not in the manifest"]


def test_what_cannot_be_read_and_what_is_no_plain_file_are_named(artefact):
    artefact.file("a.txt").unlink()
    artefact.file("a.txt").symlink_to("/proc/self/mem")  # whose first byte is no memory of ours: an error of the device
    (artefact.path / "data" / "c.txt").symlink_to("nowhere")
    assert artefact.damage() == ["a.txt: unreadable (Input/output error)", "data/c.txt: not in the manifest"]


def test_a_digest_is_of_every_other_field(artefact):
    manifest = artefact.manifest
    digest = manifest.content_digest()
    assert manifest.model_copy(update={"digest": digest}).content_digest() == digest
    others = {"provenance": {"host": "h"}, "counts": {"rows": 1.0}, "version": 2, "files": manifest.files[:1]}
    assert all(manifest.model_copy(update={key: value}).content_digest() != digest for key, value in others.items())


def test_loading_refuses_a_file_of_another_size(artefact):
    artefact.file("a.txt").write_text("longer than before")
    with pytest.raises(StoreError, match=r"expected 5 bytes in .*a\.txt, found 18 bytes"):
        Artefact.load(artefact.path)


def test_loading_refuses_a_folder_without_a_manifest(tmp_path):
    with pytest.raises(StoreError, match=r"manifest\.json"):
        Artefact.load(tmp_path)


def test_asking_for_an_unlisted_file_names_those_there_are(artefact):
    with pytest.raises(StoreError, match=r"expected z\.txt .* found a\.txt, data/b\.txt"):
        artefact.file("z.txt")
