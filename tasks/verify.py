"""The last word of a run: the published training data is read again and held against what was planned."""

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from mixpipe.errors import StageError
from mixpipe.runs.run import Run
from mixpipe.shards.verify import verify_run

__all__ = ["verify_plainly", "verify_task"]


def verify_plainly(run: Run) -> list[str]:
    """Verify a run's training data; return what was counted, in words.

    Raises:
        StageError: the data is not what was planned.
    """
    found = verify_run(run.folder, run.artefacts())
    if found.problems:
        raise StageError("; ".join(found.lines()))
    return found.lines()


@task(name="mixpipe-verify", task_run_name="verify", cache_policy=NO_CACHE, persist_result=False)
def verify_task(run: Run) -> None:
    """Verify a run's training data as a Prefect task and show the result in the UI."""
    create_markdown_artifact("\n\n".join(verify_plainly(run)), key="mixpipe-verify", description=run.name)
