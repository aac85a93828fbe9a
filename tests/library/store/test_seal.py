import shutil

import pytest

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.install import artefact_path, install
from mixpipe.store.seal import seal


@pytest.fixture
def job(root, squares, config):
    """A job whose steps are all finished."""
    job = open_stage(root, squares, config, {})
    for step in job.steps:
        for part in job.plan(step):
            run_part(job, step, part)
        finish_step(job, step)
    return job


def test_the_manifest_lists_what_is_kept_and_nothing_else_is_left(job):
    artefact = seal(job)
    assert artefact.damage() == []
    assert artefact.manifest.digest == artefact.manifest.content_digest()
    assert artefact.names("*") == ["share-000.json", "share-001.json", "share-002.json", "total.json"]


def test_the_first_seal_wins(job, root):
    shutil.copytree(job.context.out, root / "other")
    first = seal(job)
    shutil.copytree(root / "other", job.context.out)
    assert seal(job).manifest == first.manifest
    assert not job.context.out.exists()


def test_killed_after_the_manifest_the_next_opening_finishes_the_move(job, root, squares, config):
    whole = root / "whole"
    shutil.copytree(job.context.out, whole)
    expected = seal(job).manifest
    shutil.rmtree(artefact_path(root, "squares", expected.fingerprint))
    shutil.copytree(whole, job.context.out)
    (job.context.out / MANIFEST).write_text(expected.model_dump_json())
    (job.context.out / ".total.json.1234.tmp").write_text("half")
    opened = open_stage(root, squares, config, {})
    assert isinstance(opened, Artefact)
    assert opened.manifest == expected
    assert opened.damage() == []


def test_a_folder_that_cannot_be_moved_keeps_its_work(job, root):
    (root / "artifacts").write_text("a file in the way")
    with pytest.raises(StoreError, match="artifacts"):
        seal(job)
    assert (job.context.out / "total.json").is_file()


def test_installing_what_is_sealed_already_needs_no_scratch(job):
    artefact = seal(job)
    assert install(job.context.out, artefact.path).manifest == artefact.manifest
