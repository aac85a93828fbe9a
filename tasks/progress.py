"""What a person sees while a step runs: a bar on the terminal and a progress artifact in the Prefect UI.

Artifacts are made here, in the task, never in a Ray worker. Updates to the server are spaced, because each is a
request.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Tick", "watched"]

SECONDS_BETWEEN_UPDATES = 2.0  # one request to a local server costs about 20 ms


class Tick(Protocol):
    """Called once for every part that is finished."""

    def __call__(self, done: int = 1) -> None:
        """Count `done` more parts."""


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
        _bar(f"{stage} {step}", total=total, done=done, unit=unit) as tick,
        _artifact(stage, step, total, done) as mark,
    ):

        def both(done: int = 1) -> None:
            tick(done)
            mark(done)

        yield both


@contextmanager
def _bar(label: str, *, total: int, done: int, unit: str) -> Iterator[Tick]:
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn(plural(2, unit).removeprefix("2 ")),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(label, total=total, completed=done)
        yield lambda done=1: progress.update(task, advance=done)
    if not sys.stderr.isatty():
        Console(stderr=True).print(f"{label}: {plural(total, unit)}", highlight=False)


def plural(count: int, unit: str) -> str:
    """Return a count with its unit in words: `1 part`, `3 proxies`."""
    several = unit.removesuffix("y") + "ies" if unit.endswith("y") else f"{unit}s"
    return f"{count} {unit if count == 1 else several}"


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
