import json
from dataclasses import replace

import pytest

from mixpipe.errors import StageError, StoreError
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, reopen, run_part, run_parts
from mixpipe.store.seal import seal
from mixpipe.store.stage import Part, Stage, Step, Together


def build(root, stage, config, *, stop_after=None):
    """Build a stage in this process; with `stop_after`, leave after that many parts as a kill would."""
    job = open_stage(root, stage, config, {})
    if isinstance(job, Artefact):
        return job
    ran = 0
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            if ran == stop_after:
                return None
            run_part(job, step, part)
            ran += 1
        finish_step(job, step)
    return seal(job)


def together(stage, config, seen):
    """Return the stage with a first step that runs its parts as one program and tells which."""
    first, *others = stage.steps(config)

    def run(context, parts):
        seen.append([part.name for part in parts])
        return [first.run(context, part) for part in parts]

    steps = (replace(first, together=Together(run, lambda: len(config.numbers))), *others)
    return replace(stage, steps=lambda config: steps)


def digests(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def test_a_stage_runs_its_steps_and_seals(root, squares, config):
    artefact = build(root, squares, config)
    assert json.loads(artefact.file("share-002.json").read_text()) == 9 / 14
    assert artefact.counts == {"numbers": 3, "sum": 14, "total": 14}
    assert artefact.names("*.json") == ["share-000.json", "share-001.json", "share-002.json", "total.json"]


def test_what_serves_only_later_steps_is_gone_after_sealing(root, squares, config):
    artefact = build(root, squares, config)
    assert not list(artefact.path.glob("square-*"))
    assert not (artefact.path / ".done").exists()
    assert not (root / "scratch" / "squares" / artefact.fingerprint).exists()


def test_a_sealed_stage_is_not_built_again(root, squares, config):
    first = build(root, squares, config)
    assert open_stage(root, squares, config, {}) == first


@pytest.mark.parametrize("stop_after", range(7))
def test_killed_after_any_part_the_rerun_gives_the_same_bytes(tmp_path, squares, config, stop_after):
    whole = build(tmp_path / "whole", squares, config)
    build(tmp_path / "cut", squares, config, stop_after=stop_after)
    assert digests(build(tmp_path / "cut", squares, config)) == digests(whole)


def test_finished_parts_are_not_touched_by_a_rerun(root, squares, config):
    build(root, squares, config, stop_after=2)
    job = open_stage(root, squares, config, {})
    step = job.steps[0]
    assert [part.name for part in job.pending(step, job.plan(step))] == ["square-002"]
    before = (job.context.out / "square-000.json").stat()
    run_part(job, step, job.plan(step)[0])
    assert (job.context.out / "square-000.json").stat() == before


def test_a_half_written_part_is_written_again(root, squares, config):
    build(root, squares, config, stop_after=1)
    job = open_stage(root, squares, config, {})
    (job.context.out / "square-001.json").write_text("999")  # files without a record: killed before the record
    (job.context.out / "square-000.json").unlink()  # a record without its file
    artefact = build(root, squares, config)
    assert artefact.counts["total"] == 14


def test_equal_parts_of_a_sealed_artefact_are_taken_over(root, kept_squares, config):
    build(root, kept_squares, config)
    larger = config.model_copy(update={"numbers": (0, 3, 1)})
    job = open_stage(root, kept_squares, larger, {})
    step = job.steps[0]
    assert [part.name for part in job.pending(step, job.plan(step))] == ["square-000"]
    artefact = build(root, kept_squares, larger)
    assert [json.loads(artefact.file(f"square-00{i}.json").read_text()) for i in range(3)] == [0, 9, 1]
    assert artefact.counts["numbers"] == 3


def test_parts_run_together_give_what_each_gives_alone(tmp_path, kept_squares, config):
    alone = build(tmp_path / "alone", kept_squares, config)
    seen = []
    job = open_stage(tmp_path / "together", together(kept_squares, config, seen), config, {})
    (step,) = job.steps
    assert run_parts(job, step, job.plan(step)) == {
        f"square-00{i}": {"numbers": 1, "sum": (i + 1) ** 2} for i in range(3)
    }
    finish_step(job, step)
    found = seal(job)
    assert seen == [["square-000", "square-001", "square-002"]]
    assert (found.fingerprint, digests(found), found.counts) == (alone.fingerprint, digests(alone), alone.counts)
    assert [entry.identity for entry in found.manifest.parts] == [entry.identity for entry in alone.manifest.parts]
    assert [one.manifest.provenance["together"] for one in (alone, found)] == [1, 3]


def test_a_kill_between_the_records_of_a_group_reruns_what_has_none(root, squares, config):
    seen = []
    job = open_stage(root, together(squares, config, seen), config, {})
    step, out = job.steps[0], job.context.out
    parts = job.plan(step)
    counts = run_parts(job, step, parts)
    written = {path: path.stat().st_mtime_ns for path in out.glob("square-*.json")}
    (out / ".done" / "square-001.part.json").unlink()
    (out / "square-001-half.json").write_text("left over")
    assert job.pending(step, parts) == [parts[1]]
    assert run_parts(job, step, parts) == counts
    assert len(seen) == 1  # one part is run by itself
    kept = {path: path.stat().st_mtime_ns for path in out.glob("square-*.json")}
    assert {path.name for path in written if kept[path] != written[path]} == {"square-001.json"}
    assert kept.keys() == written.keys()
    assert run_parts(job, step, []) == {}


def test_a_group_that_fails_leaves_no_record(root, squares, config):
    def run(context, parts):
        step.run(context, parts[0])
        raise StageError("expected more")

    job = open_stage(root, squares, config, {})
    step = job.steps[0]
    parts = job.plan(step)
    with pytest.raises(StageError, match="expected more"):
        run_parts(job, replace(step, together=Together(run, lambda: 3)), parts)
    assert (job.context.out / "square-000.json").exists()
    assert job.pending(step, parts) == parts
    assert len(run_parts(job, step, parts)) == 3


def test_execution_settings_are_no_part_of_identity(root, squares, config):
    first = build(root, squares, config)
    assert build(root, squares, config.model_copy(update={"note": "elsewhere"})).fingerprint == first.fingerprint
    assert build(root, squares, config.model_copy(update={"power": 3})).fingerprint != first.fingerprint


def test_reopening_does_not_look_outside_again(root, config, squares):
    asked = []

    def outside(config):
        asked.append(1)
        return {"seen": 1}

    stage = Stage("squares", 1, squares.config, (), squares.steps, outside)
    job = open_stage(root, stage, config, {})
    assert reopen(root, stage, config, {}, job.fingerprint).fingerprint == job.fingerprint
    assert len(asked) == 1


def test_two_parts_of_one_name_are_refused(root, squares, config):
    twice = Step("twice", lambda context: [Part("p", {}, {}), Part("p", {}, {})], squares.steps(config)[0].run)
    job = open_stage(root, Stage("s", 1, squares.config, (), lambda config: (twice,)), config, {})
    with pytest.raises(StageError, match="distinct part names"):
        job.plan(twice)


def test_a_missing_upstream_stage_is_named(root, squares, config):
    with pytest.raises(StageError, match="missing \\['ingest'\\]"):
        open_stage(root, Stage("s", 1, squares.config, ("ingest",), squares.steps), config, {})


def test_a_root_that_is_a_file_is_a_clear_error(tmp_path, squares, config):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="choose a --root that is a folder"):
        open_stage(tmp_path / "file", squares, config, {})
