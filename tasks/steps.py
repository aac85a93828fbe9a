"""Run one step of one stage: plan, fan out what is not done yet, reduce.

`run_step` knows no Prefect; `step_task` is the same as a Prefect task. Arguments are the run (paths and settings) and
names; the result is a small dict of counts. The manifest is the only cache, so Prefect's is off.
"""

import time
from collections.abc import Callable

from prefect import task
from prefect.cache_policies import NO_CACHE

from mixpipe.report.page import write_report
from mixpipe.runs.run import Run
from mixpipe.stages import load_stage
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.build import Job, finish_step, open_stage, reopen
from mixpipe.store.seal import seal
from mixpipe.store.stage import Step
from tasks.announce import announce_step
from tasks.fanout import fan_out, start_workers
from tasks.policy import POLICIES, is_worth_a_retry
from tasks.progress import watched
from tasks.remote import fetch_sealed, send_stage

__all__ = ["RunStep", "finish_run", "prefect_step", "run_stage", "run_step", "step_task"]

RunStep = Callable[[Run, str, str, str], Counts]


def run_stage(run: Run, stage: str, step_runner: RunStep) -> Artefact:
    """Build one stage unless it is sealed, and point the run at it; return the artefact.

    Args:
        run: the run.
        stage: name of the stage; its upstream stages are recorded in the run already.
        step_runner: `run_step`, or the Prefect task around it.
    """
    started = time.monotonic()
    opened = open_stage(run.root, load_stage(stage), run.config.section(stage), run.artefacts())
    if isinstance(opened, Job) and fetch_sealed(run, stage, opened.fingerprint):
        opened = open_stage(run.root, load_stage(stage), run.config.section(stage), run.artefacts())
    working = time.monotonic() - started
    built = isinstance(opened, Job)
    if isinstance(opened, Job):
        for step in opened.steps:
            step_runner(run, stage, step.name, opened.fingerprint)
        sealing = time.monotonic()
        opened = seal(opened)
        working += time.monotonic() - sealing
    run.add_work(stage, working)
    run.add(stage, opened, time.monotonic() - started, built=built)
    send_stage(run, opened)
    return opened


def finish_run(run: Run) -> None:
    """Publish the training data, when there is some, and write the report."""
    started = time.monotonic()
    artefacts = run.artefacts()
    if "shards" in artefacts:
        run.publish()
    write_report(artefacts, run.folder / "report.html", title=run.name)
    run.add_work("report", time.monotonic() - started)


def run_step(run: Run, stage: str, step: str, fingerprint: str) -> Counts:
    """Run one step of an open stage, taking up where an earlier try stopped; return its counts."""
    job = reopen(run.root, load_stage(stage), run.config.section(stage), run.artefacts(), fingerprint)
    declared = next(declared for declared in job.steps if declared.name == step)
    started = time.monotonic()
    waited = 0.0 if job.is_finished(declared) else _run_parts(run, job, declared)
    counts = finish_step(job, declared)
    run.add_work(stage, time.monotonic() - started - waited)
    return counts


def _run_parts(run: Run, job: Job, step: Step) -> float:
    """Run what is not done yet; return the seconds spent on getting workers rather than on work."""
    parts = job.plan(step)
    pending = job.pending(step, parts)
    done = len(parts) - len(pending)
    waited = start_workers(run.config.engine, step, len(pending))
    with watched(job.stage.name, step.name, total=len(parts), done=done, unit=step.unit) as tick:
        for _ in fan_out(run.config.engine, job, step, pending):
            tick()
    return waited


@task(
    task_run_name="{stage}: {step}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=is_worth_a_retry,
    retry_jitter_factor=0.5,
)
def step_task(run: Run, stage: str, step: str, fingerprint: str) -> Counts:
    """Run one step as a Prefect task and show what it found in the UI."""
    counts = run_step(run, stage, step, fingerprint)
    announce_step(run, stage, step, fingerprint, counts)
    return counts


def prefect_step(run: Run, stage: str, step: str, fingerprint: str) -> Counts:
    """Run one step as a Prefect task under its stage's policy."""
    policy = POLICIES[stage]
    bound = step_task.with_options(retries=policy.retries, retry_delay_seconds=policy.retry_delay_seconds)
    return bound(run, stage, step, fingerprint)
