"""Training data that was copied away from its run is verified by its own manifest."""

import shutil

import pytest

from mixpipe.errors import InputError
from mixpipe.runs.check import verify_folder
from mixpipe.store.files import read_json, write_json


@pytest.fixture
def run(make_run, config):
    run = make_run(config)
    run.publish()
    return run


@pytest.fixture
def copy(run, tmp_path_factory):
    return shutil.copytree(run.folder / "train", tmp_path_factory.mktemp("elsewhere") / "data-for-training")


def test_a_copy_without_its_store_is_recounted_and_says_what_was_not_checked(run, copy):
    whole, alone = verify_folder(run.folder), verify_folder(copy)
    assert (whole.problems, alone.problems) == ([], [])
    assert (alone.documents, alone.tokens, alone.shares) == (whole.documents, whole.tokens, whole.shares)
    assert "without store and plan" in alone.lines()[-1]
    assert whole.lines()[-1] == "everything is as planned"


def test_damage_to_a_copy_is_found(copy):
    shard = next(path for path in sorted((copy / "data").iterdir()))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    assert any(shard.name in problem for problem in verify_folder(copy).problems)


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda m: m["identity"].update(version=99), "fingerprint"), (lambda m: m["files"].pop(), "not in the manifest")],
)
def test_a_changed_manifest_of_a_copy_is_found(copy, change, said):
    manifest = read_json(copy / "manifest.json")
    change(manifest)
    write_json(copy / "manifest.json", manifest)
    assert any(said in problem for problem in verify_folder(copy).problems)


def test_an_unreadable_manifest_of_a_copy_is_damage(copy):
    (copy / "manifest.json").write_text("{")
    assert verify_folder(copy).problems


def test_an_artefact_of_another_stage_and_any_other_folder_are_wrong_arguments(run, tmp_path):
    with pytest.raises(InputError, match="found an artefact of plan"):
        verify_folder(run.artefacts()["plan"].path)
    with pytest.raises(InputError, match="expected a run folder"):
        verify_folder(tmp_path)


def test_one_flipped_byte_in_what_the_store_or_the_run_says_of_the_shards_is_damage(run):
    """Also where the sealed manifest is read from, and where it says nothing that the shards could contradict."""
    sealed = run.artefacts()["shards"].path
    for path in (sealed / "manifest.json", run.folder / "train" / "manifest.json", run.folder / "mixture.json"):
        content = path.read_bytes()
        for at in range(0, len(content), len(content) // 25):
            path.write_bytes(content[:at] + bytes([content[at] ^ 2]) + content[at + 1 :])
            assert verify_folder(run.folder).problems, (path, at)
        path.write_bytes(content)
    assert verify_folder(run.folder).problems == []


def test_a_record_of_the_run_that_cannot_be_read_is_damage_and_named(run):
    path = run.folder / "run.json"
    content = path.read_text()
    for wrong in (content[:-5], content.replace("stages", "stbges"), ""):
        path.write_text(wrong)
        assert any(str(path) in line for line in verify_folder(run.folder).problems)


def test_a_shard_cut_short_in_the_store_and_the_run_alike_is_damage(run):
    """The shards of a run are links into the store: what is changed in place is changed in both."""
    shard = next(path for path in sorted((run.folder / "train" / "data").iterdir()))
    with shard.open("r+b") as file:
        file.truncate(shard.stat().st_size // 2)
    assert any(line.startswith(f"data/{shard.name}: changed") for line in verify_folder(run.folder).problems)
