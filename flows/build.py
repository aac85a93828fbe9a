"""The run as a story: from an unlabelled corpus to ready-to-train shards. The first file to read.

Each stage is a subflow, each step of a stage one Prefect task (a round of the search is a step), and inside the task
Ray workers share the parts. A stage whose artefact is sealed is skipped, so any run may be killed and started again.
"""

from collections.abc import Callable

from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from mixpipe.config import RunConfig
from mixpipe.runs.preflight import check_counted
from mixpipe.runs.run import Run
from mixpipe.stages import StageName
from tasks.announce import announce_stage
from tasks.fanout import stop_ray
from tasks.remote import begin_run, send_outcome
from tasks.steps import finish_run, prefect_step, run_stage, run_step
from tasks.verify import verify_plainly, verify_task

__all__ = ["STORY", "build", "build_plainly", "build_stage"]

# What each stage hands to the next; their declarations are in mixpipe/<room>/stage.py.
STORY: tuple[StageName, ...] = (
    "targets",  # held-out texts that say what the model should be good at
    "ingest",  # files to documents with ids, token counts and marked duplicates; the rest in quarantine
    "embed",  # documents to unit vectors
    "domains",  # vectors and words to named domains
    "duplicates",  # near duplicates, and the document kept instead of each
    "scores",  # quality and diversity of every document
    "search",  # proxies trained on mixtures, round by round, until one is best above the noise
    "plan",  # the mixture and the scores to copies of every document
    "shards",  # copies to shuffled training data
)


@flow(name="mixpipe-build", flow_run_name="{name}", description="corpus to ready-to-train shards")
def build(config: RunConfig, root: str = ".mixpipe", name: str = "run", until: StageName = "shards") -> str:
    """Run every stage up to `until`; return the run's folder or URL.

    Args:
        config: everything that is asked.
        root: the store, a path or a URL.
        name: the run's name; its folder is `<root>/runs/<name>`.
        until: the last stage to run.
    """
    return tell(Run.at(config, root, name), until, subflow, verify_task)


def build_plainly(config: RunConfig, root: str = ".mixpipe", name: str = "run", until: StageName = "shards") -> str:
    """Run the same stages as plain calls, with no server."""
    return tell(Run.at(config, root, name), until, plain, verify_plainly)


def tell(
    run: Run, until: StageName, build_one: Callable[[Run, StageName], object], verify: Callable[[Run], object]
) -> str:
    """Go through the story up to `until`, then publish the training data, write the report and verify.

    An interrupt leaves Ray to the end of the process: the seconds to unwind are for telling Prefect.
    """
    begin_run(run)
    try:
        for stage in STORY[: STORY.index(until) + 1]:
            build_one(run, stage)
            check_counted(run.config, run.artefacts())
    except Exception:  # whatever failed goes on up; an interrupt is no Exception, and takes its time for Prefect
        stop_ray()
        raise
    stop_ray()
    finish_run(run)
    if until == STORY[-1]:
        verify(run)
    send_outcome(run)
    return run.place


def subflow(run: Run, stage: StageName) -> None:
    """Build one stage as a Prefect subflow under its own name.

    The parent's heartbeat is enough: a subflow's own would be waited for at its end, 1 to 2 s for each stage.
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        build_stage.with_options(name=f"mixpipe-{stage}", flow_run_name=f"{run.name}: {stage}")(run, stage)


def plain(run: Run, stage: StageName) -> None:
    """Build one stage without Prefect."""
    run_stage(run, stage, run_step)


@flow(name="mixpipe-stage")
def build_stage(run: Run, stage: StageName) -> str:
    """Build one stage, or find it sealed; return its fingerprint."""
    artefact = run_stage(run, stage, prefect_step)
    announce_stage(run, stage)
    return artefact.fingerprint
