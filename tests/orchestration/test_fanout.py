"""The fan-out, here and on a real Ray: every part once, the part's own error, workers that die."""

import os
import signal

import pytest

from mixpipe.config import EngineConfig
from mixpipe.errors import InputError, StageError
from mixpipe.store.build import open_stage
from mixpipe.store.stage import Part, Stage, StageConfig, Step, Together
from tasks.fanout import fan_out, groups, start_workers, stop_ray

LOCAL = EngineConfig(kind="local")
RAY = EngineConfig(kind="ray", workers=2)


@pytest.fixture(scope="module")
def ray():
    """A local Ray of two cores, ended with the module."""
    yield RAY
    stop_ray()


def job_of(root, run, count, together=None):
    """Open a made-up stage of one step; its functions are local, so that Ray ships them by value."""

    def plan(context):
        return [Part(f"part-{number:02d}", {"number": number}, {"number": number}) for number in range(count)]

    def steps(config):
        return (Step("only", plan, run, together=together),)

    job = open_stage(root, Stage("made", 1, StageConfig, (), steps), StageConfig(), {})
    return job, job.steps[0], job.plan(job.steps[0])


def write_square(context, part):
    number = part.spec["number"]
    (context.out / f"{part.name}.txt").write_text(str(number**2))
    return {"sum": number**2}


def by_value(function):
    """Return a function that is pickled with its code: workers cannot import the tests."""

    def run(context, part):
        number = part.spec["number"]
        (context.out / f"{part.name}.txt").write_text(str(number**2))
        return function(context, number) or {"sum": number**2}

    return run


def test_in_this_process_parts_are_run_in_order(tmp_path):
    job, step, parts = job_of(tmp_path, write_square, 4)
    assert start_workers(LOCAL, step, 4) < 1
    assert [counts["sum"] for _, counts in fan_out(LOCAL, job, step, parts)] == [0, 1, 4, 9]
    assert job.pending(step, parts) == []


def in_groups(size):
    """Run parts together, with how many there were as a count; pickled with its code, as above."""

    def run(context, parts):
        for part in parts:
            (context.out / f"{part.name}.txt").write_text(str(part.spec["number"] ** 2))
        return [{"sum": part.spec["number"] ** 2, "group": len(parts)} for part in parts]

    return Together(run, lambda: size)


@pytest.mark.parametrize(
    ("parts", "most", "workers", "sizes"),
    [
        (0, 64, 1, []),
        (3, 1, 2, [1, 1, 1]),
        (16, 64, 1, [16]),
        (16, 64, 8, [2] * 8),
        (7, 3, 1, [3, 3, 1]),
        (130, 64, 2, [33, 33, 33, 31]),
        (3, 64, 8, [1, 1, 1]),
    ],
)
def test_groups_are_as_large_as_may_be_while_every_worker_has_one(parts, most, workers, sizes):
    cut = groups([Part(f"part-{number}", {}, {}) for number in range(parts)], most, workers=workers)
    assert [len(group) for group in cut] == sizes
    assert [part.name for group in cut for part in group] == [f"part-{number}" for number in range(parts)]


def test_in_this_process_parts_are_run_in_groups_and_counted_one_by_one(tmp_path):
    job, step, parts = job_of(tmp_path, write_square, 5, in_groups(3))
    found = list(fan_out(LOCAL, job, step, parts))
    assert [name for name, _ in found] == [part.name for part in parts]
    assert [(counts["sum"], counts.get("group")) for _, counts in found] == [(0, 3), (1, 3), (4, 3), (9, 2), (16, 2)]
    assert job.pending(step, parts) == []


@pytest.mark.ray
def test_workers_share_the_groups_and_a_rerun_has_none_left(ray, tmp_path):
    job, step, parts = job_of(tmp_path, by_value(lambda context, number: None), 6, in_groups(64))
    found = dict(fan_out(ray, job, step, parts))
    assert found == {f"part-{n:02d}": {"sum": n**2, "group": 3} for n in range(6)}
    assert job.pending(step, parts) == []
    assert (job.context.out / "part-05.txt").read_text() == "25"


def test_in_this_process_an_error_is_the_parts_own(tmp_path):
    def refuse(context, part):
        raise InputError(f"expected more of {part.name}")

    job, step, parts = job_of(tmp_path, refuse, 2)
    with pytest.raises(InputError, match="expected more of part-00"):
        list(fan_out(LOCAL, job, step, parts))


@pytest.mark.ray
@pytest.mark.parametrize("count", [0, 1, 13])
def test_every_part_is_run_once_however_many_workers_there_are(ray, tmp_path, count):
    job, step, parts = job_of(tmp_path, by_value(lambda context, number: None), count)
    assert start_workers(ray, step, len(parts)) >= 0
    found = dict(fan_out(ray, job, step, parts))
    assert found == {f"part-{number:02d}": {"sum": number**2} for number in range(count)}
    assert job.pending(step, parts) == []


@pytest.mark.ray
def test_an_error_in_a_worker_is_the_parts_own_and_the_next_try_finds_nobody_at_work(ray, tmp_path):
    def refuse_once(context, number):
        if number == 2 and not (context.out / "tried").exists():
            (context.out / "tried").touch()
            raise InputError("expected more of the third part")

    job, step, parts = job_of(tmp_path, by_value(refuse_once), 12)
    with pytest.raises(InputError, match=r"^expected more of the third part$"):
        list(fan_out(ray, job, step, parts))
    left = job.pending(step, parts)
    assert "part-02" in [part.name for part in left]
    written = {path: path.stat().st_mtime_ns for path in job.context.out.glob("part-*.txt")}
    assert len(list(fan_out(ray, job, step, left))) == len(left)
    assert job.pending(step, parts) == []
    done = {path for path in written if path.stem not in {part.name for part in left}}
    assert all(path.stat().st_mtime_ns == written[path] for path in done)


@pytest.mark.ray
def test_a_worker_that_is_killed_is_restarted_and_its_part_run_again(ray, tmp_path):
    def die_once(context, number):
        if number == 1 and not (context.out / "died").exists():
            (context.out / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    job, step, parts = job_of(tmp_path, by_value(die_once), 4)
    assert len(dict(fan_out(ray, job, step, parts))) == 4
    assert (job.context.out / "part-01.txt").read_text() == "1"


@pytest.mark.ray
def test_a_part_that_always_kills_its_worker_ends_the_step_and_not_the_next_one(ray, tmp_path):
    def die(context, number):
        os.kill(os.getpid(), signal.SIGKILL)

    job, step, parts = job_of(tmp_path / "bad", by_value(die), 1)
    with pytest.raises(StageError, match=r"a worker of made/only was lost 4 times.*engine\.workers") as error:
        list(fan_out(ray, job, step, parts))
    assert "\n" not in str(error.value)
    job, step, parts = job_of(tmp_path / "good", by_value(lambda context, number: None), 3)
    assert len(dict(fan_out(ray, job, step, parts))) == 3
