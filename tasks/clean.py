"""Token cleaning of a finished run: the stage that stands outside the story, built like the others.

Its artefact lies in the run's store, so what was interrupted goes on and what is there is not done again.
"""

from pathlib import Path

from mixpipe.config import EngineConfig
from mixpipe.runs.cleaned import Cleaned, check_out, publish_cleaned, written_shards
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.stage import CLEANING
from mixpipe.store.build import Job, finish_step, open_stage
from mixpipe.store.seal import seal
from mixpipe.store.stage import Step
from tasks.bar import bar
from tasks.fanout import fan_out, start_workers, stop_ray

__all__ = ["clean"]


def clean(folder: Path, config: CleaningConfig, engine: EngineConfig, out: Path) -> Cleaned:
    """Label the tokens of a finished run that are worth learning.

    Args:
        folder: the run.
        config: which tokens those are.
        engine: where the models are run.
        out: where the cleaned data is published: a new folder, or one that was written so before.

    Raises:
        ConfigError: a model cannot be used, the shards hold no texts, or the folder is another's.
        InputError: the run has no shards.
        StageError: a loss is not finite, or there is no response.
    """
    check_out(out)
    opened = open_stage(folder.resolve().parents[1], CLEANING, config, {"shards": written_shards(folder)})
    if isinstance(opened, Job):
        try:
            for step in opened.steps:
                _run_step(engine, opened, step)
        finally:
            stop_ray()
        opened = seal(opened)
    return publish_cleaned(opened, out)


def _run_step(engine: EngineConfig, job: Job, step: Step) -> None:
    parts = job.plan(step)
    pending = job.pending(step, parts)
    start_workers(engine, step, len(pending))
    done = len(parts) - len(pending)
    with bar(f"cleaning {step.name}", total=len(parts), done=done, unit=step.unit) as tick:
        for _ in fan_out(engine, job, step, pending):
            tick()
    finish_step(job, step)
