"""A bar on the terminal, and one line where there is none; knows no Prefect, so that any command may use it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Tick", "bar", "plural", "transferred"]


class Tick(Protocol):
    """Called once for every part that is finished."""

    def __call__(self, done: int = 1) -> None:
        """Count `done` more parts."""


@contextmanager
def bar(label: str, *, total: int, done: int, unit: str) -> Iterator[Tick]:
    """Show how many parts are done until the block ends."""
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


def transferred(label: str, total: int, copies: Iterator[str]) -> None:
    """Run copies of files to their end, under a bar."""
    if total:
        with bar(label, total=total, done=0, unit="file") as tick:
            for _ in copies:
                tick()
