"""What a person sees while a step runs: a bar on the terminal and a progress artifact in the Prefect UI.

Artifacts are made here, in the task, never in a Ray worker. Updates to the server are spaced, because each is a
request.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext

from tasks.bar import Tick, bar

__all__ = ["watched"]

SECONDS_BETWEEN_UPDATES = 2.0  # one request to a local server costs about 20 ms


@contextmanager
def watched(stage: str, step: str, *, total: int, done: int, unit: str) -> Iterator[Tick]:
    """Show a step's progress until the block ends.

    Args:
        stage: name of the stage.
        step: name of the step.
        total: parts of the step.
        done: parts that were finished before.
        unit: what a part is called.
    """
    with (
        bar(f"{stage} {step}", total=total, done=done, unit=unit) as tick,
        _artifact(stage, step, total, done) as mark,
    ):

        def both(done: int = 1) -> None:
            tick(done)
            mark(done)

        yield both


@contextmanager
def _artifact(stage: str, step: str, total: int, done: int) -> Iterator[Tick]:
    if TaskRunContext.get() is None:
        yield lambda done=1: None
        return
    state = {"done": done, "sent": time.monotonic()}
    artifact = cast(
        UUID,
        create_progress_artifact(
            progress=100.0 * done / max(total, 1), key=f"mixpipe-{stage}-{step}", description=f"{stage}: {step}"
        ),
    )

    def mark(done: int = 1) -> None:
        state["done"] += done
        if time.monotonic() - state["sent"] >= SECONDS_BETWEEN_UPDATES:
            state["sent"] = time.monotonic()
            update_progress_artifact(artifact, progress=100.0 * state["done"] / max(total, 1))

    yield mark
    update_progress_artifact(artifact, progress=100.0)
