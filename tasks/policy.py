"""One table: how each stage's steps are retried and how long they may take.

Trouble of the surroundings is retried (a file system that hiccups, a server that does not answer); lost workers are
Ray's to restart. What mixpipe refuses on purpose fails at once: a second try would say the same.
"""

from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from mixpipe.errors import MixpipeError, StoreError

__all__ = ["POLICIES", "Policy", "is_worth_a_retry"]


@dataclass(frozen=True)
class Policy:
    """Retries and delay of a step's task."""

    retries: int
    retry_delay_seconds: float


POLICIES = {
    "targets": Policy(2, 5),
    "ingest": Policy(2, 5),
    "embed": Policy(2, 10),
    "domains": Policy(2, 5),
    "duplicates": Policy(2, 5),
    "scores": Policy(2, 5),
    "search": Policy(2, 10),
    "plan": Policy(2, 5),
    "shards": Policy(2, 5),
}


async def is_worth_a_retry(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Tell whether the failure may go away by itself."""
    error = await state.aresult(raise_on_failure=False)
    return not isinstance(error, MixpipeError) or isinstance(error, StoreError)
