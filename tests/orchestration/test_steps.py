"""One step of one stage: built once, taken up where it stopped, and its work counted."""

import pytest

from mixpipe.config import RunConfig
from mixpipe.runs.run import Run
from mixpipe.stages import load_stage
from mixpipe.store.build import Job, open_stage, run_part
from tasks.steps import finish_run, run_stage, run_step


@pytest.fixture
def run(toy_config, tmp_path):
    run = Run(config=RunConfig.model_validate(toy_config), root=tmp_path / "root", name="toy")
    run.begin()
    return run


def opened(run) -> Job:
    return open_stage(run.root, load_stage("targets"), run.config.targets, {})


def test_a_stage_is_built_once_and_found_from_then_on(run):
    asked = []

    def runner(run, stage, step, fingerprint):
        asked.append((stage, step, fingerprint))
        return run_step(run, stage, step, fingerprint)

    first, second = (run_stage(run, "targets", runner) for _ in range(2))
    assert asked == [("targets", "read", first.fingerprint)]
    assert first.manifest == second.manifest
    record = run.record()
    assert record.stages == {"targets": first.fingerprint}
    assert list(record.built) == [first.fingerprint]  # the second time it was found, not built
    assert 0 < record.working["targets"] <= record.built[first.fingerprint] + record.seconds["targets"] + 0.01


def test_parts_that_are_done_are_left_as_they_are(run):
    job = opened(run)
    first, _ = job.plan(job.steps[0])
    run_part(job, job.steps[0], first)
    written = {path: path.stat().st_mtime_ns for path in job.context.out.rglob(f"{first.name}*")}
    counts = run_step(run, "targets", "read", job.fingerprint)
    assert counts == {"documents": 50, "targets": 2}
    assert written
    assert all(path.stat().st_mtime_ns == when for path, when in written.items())


def test_a_step_that_is_finished_says_its_counts_again_and_writes_nothing(run):
    job = opened(run)
    counts = run_step(run, "targets", "read", job.fingerprint)
    written = {path: path.stat().st_mtime_ns for path in job.context.out.rglob("*")}
    assert run_step(run, "targets", "read", job.fingerprint) == counts
    assert {path: path.stat().st_mtime_ns for path in job.context.out.rglob("*")} == written


def test_a_run_that_ends_early_has_a_report_and_no_training_data(run):
    run_stage(run, "targets", run_step)
    finish_run(run)
    assert (run.folder / "report.html").is_file()
    assert not (run.folder / "train").exists()
    assert run.record().working["report"] > 0
