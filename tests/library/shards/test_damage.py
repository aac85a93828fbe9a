"""Whatever is damaged in whatever file of whatever format, `verify` finds it, names the file, and never fails."""

import random
import shutil

import pytest

from mixpipe.runs.check import verify_folder
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.layout import shard_files
from mixpipe.shards.verify import verify_shards
from mixpipe.store.artefact import MANIFEST
from mixpipe.store.files import read_json, write_json
from mixpipe.store.fingerprint import file_digest

FLIPS = 3  # bytes of every file, beside its first and its last


@pytest.fixture(params=sorted(FORMATS))
def form(request, installed):
    installed(request.param)
    return request.param


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(60), budget_tokens=3_000)


@pytest.fixture
def sealed(inputs, make_shards, form):
    return make_shards(inputs, shard_mib=0.01, formats=[form])


@pytest.fixture
def folder(tmp_path, sealed):
    return shutil.copytree(sealed.path, tmp_path / "train")


@pytest.fixture
def problems(folder, sealed, inputs):
    return lambda: verify_shards(folder, manifest=sealed.manifest, plan=inputs["plan"]).problems


def names_of(folder):
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]


def changed(content, name):
    """Yield the content with one byte flipped, at both ends and at places that the file's name decides."""
    size = len(content)
    for at in sorted({0, size - 1, *random.Random(name).sample(range(size), min(FLIPS, size))}):
        yield at, content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :]


def test_one_byte_flipped_in_any_file_is_found_and_the_file_named(folder, problems):
    assert problems() == []
    for name in names_of(folder):
        content = (folder / name).read_bytes()
        for at, flipped in changed(content, name):
            (folder / name).write_bytes(flipped)
            assert any(line.startswith(f"{name}: ") for line in problems()), (name, at)
        (folder / name).write_bytes(content)
    assert problems() == []


def test_a_missing_a_truncated_and_a_stray_file_are_found_and_named(folder, problems):
    for name in names_of(folder):
        content = (folder / name).read_bytes()
        for cut in {0, 1, len(content) // 2, len(content) - 1} - {len(content)}:
            (folder / name).write_bytes(content[:cut])
            assert any(line.startswith(f"{name}: ") for line in problems()), (name, cut)
        (folder / name).unlink()
        assert f"{name}: missing" in problems()
        (folder / name).write_bytes(content)
        stray = f"{name}.orig"
        shutil.copyfile(folder / name, folder / stray)
        assert problems() == [f"{stray}: not in the manifest"]
        (folder / stray).unlink()


def test_a_copy_alone_finds_a_flipped_byte_in_its_manifest(folder):
    content = (folder / MANIFEST).read_bytes()
    step = len(content) // 60 + 1
    for at in [*range(0, len(content), step), content.index(b'"shards"') + 2]:
        (folder / MANIFEST).write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        found = verify_folder(folder).problems
        assert any(MANIFEST in line for line in found), at


def test_what_a_faulty_writer_sealed_is_found_and_no_error(folder, form, sealed, inputs):
    """A shard cut short before it was hashed: its hash is right, and only reading it can find this."""
    name = shard_files(sealed, load_format(form))[0]
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    manifest = read_json(folder / MANIFEST)
    manifest.pop("digest")
    entry = next(file for file in manifest["files"] if file["name"] == name)
    entry.update(bytes=len(content) // 2, sha256=file_digest(folder / name))
    write_json(folder / MANIFEST, manifest)
    found = verify_shards(folder, plan=inputs["plan"]).problems
    assert found and all(line.startswith(f"{name}: ") for line in found)


def test_two_shards_that_changed_places_are_found(folder, form, sealed, problems):
    first, second = shard_files(sealed, load_format(form))[:2]
    (folder / first).rename(folder / "aside")
    (folder / second).rename(folder / first)
    (folder / "aside").rename(folder / second)
    found = problems()
    assert all(any(line.startswith(f"{name}: changed") for line in found) for name in (first, second))
