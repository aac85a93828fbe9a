"""One function over many parts: in this process, or on Ray with a bounded number in flight.

Ray workers are actors, one per core (or per accelerator), that live as long as the run and keep what they loaded: a
model is loaded once per process. They belong to this process and end with it, however it ends, so runs that share a
cluster do not meet. At most two parts wait per worker, so the driver's memory does not grow with the number of parts.
A worker that dies is restarted and its part run again: parts are written whole or not at all.

A step that can run several parts as one program is asked, where the work is done, how many that should be: dozens of
proxies on an accelerator, one on a core. Its parts are then cut into groups, equally many and large for each worker.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from mixpipe.config import EngineConfig
from mixpipe.errors import StageError
from mixpipe.store.artefact import Counts
from mixpipe.store.build import Job, run_parts
from mixpipe.store.stage import Part, Step
from mixpipe.store.threads import WORKER_ENVIRONMENT

__all__ = ["fan_out", "start_workers", "stop_ray"]

WAITING_PER_WORKER = 2
RESTARTS = 3  # of a worker, and repetitions of its part, before the run gives up


class Worker:
    """A process that runs parts, one group at a time.

    It fetches the job once per step: a job holds the manifests of its inputs, so fetching it anew for every part would
    cost each part what all parts weigh.
    """

    def __init__(self) -> None:
        """Hold no work yet."""
        self._held: tuple[str, tuple[Job, Step]] | None = None

    def run(self, work: list[Any], parts: Sequence[Part]) -> dict[str, Counts]:
        """Run parts of `work`: a reference to (job, step), in a list so that Ray leaves it a reference."""
        return run_parts(*self._fetched(work), parts)

    def most_together(self, work: list[Any]) -> int:
        """Return how many parts of `work` this process runs as one program."""
        return most_together(self._fetched(work)[1])

    def _fetched(self, work: list[Any]) -> tuple[Job, Step]:
        (reference,) = work
        if self._held is None or self._held[0] != reference.hex():
            self._held = (reference.hex(), ray.get(reference))
        return self._held[1]

    def ready(self) -> bool:
        """Answer once the process is up."""
        return True


def fan_out(engine: EngineConfig, job: Job, step: Step, parts: Sequence[Part]) -> Iterator[tuple[str, Counts]]:
    """Run `parts`, yielding (name, counts) as each is finished, in any order.

    Raises:
        MixpipeError: as raised by the part.
        StageError: a worker was lost more often than it is restarted.
    """
    if engine.kind == "local":
        for group in groups(parts, most_together(step), workers=1):
            yield from run_parts(job, step, group).items()
    elif parts:
        yield from _on_ray(engine, job, step, parts)


def most_together(step: Step) -> int:
    """Return how many parts of a step this process runs as one program."""
    return step.together.size() if step.together else 1


def groups(parts: Sequence[Part], most: int, *, workers: int) -> list[Sequence[Part]]:
    """Cut parts into groups of at most `most`, as few as keep all workers busy to the end, and as even."""
    turns = max(-(-len(parts) // (most * workers)), 1)
    size = max(-(-len(parts) // (turns * workers)), 1)
    return [parts[start : start + size] for start in range(0, len(parts), size)]


def start_ray(engine: EngineConfig) -> None:
    """Join the Ray cluster that is configured, or start one on this machine, quietly and on loopback."""
    if ray.is_initialized():
        return
    address = engine.address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    local: dict[str, Any] = (
        {} if address else {"num_cpus": engine.workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    )
    ray.init(
        address=address,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": WORKER_ENVIRONMENT},
        **local,
    )


def stop_ray() -> None:
    """End this process's workers and, where it started it, Ray."""
    _worker.cache_clear()
    ray.shutdown()


def start_workers(engine: EngineConfig, step: Step, parts: int) -> float:
    """Have the workers for a step up; return the seconds that took."""
    started = time.monotonic()
    if engine.kind == "ray" and parts:
        ray.get([worker.ready.remote() for worker in workers_for(engine, step, parts)])
    return time.monotonic() - started


def workers_for(engine: EngineConfig, step: Step, parts: int) -> list[Any]:
    """Return handles of the workers for a step, starting those that do not run yet."""
    start_ray(engine)
    # Ray leaves the function untyped
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus = int(resources.get("GPU", 0)) if step.gpu else 0
    limit = gpus or int(resources.get("CPU", 1))  # no core yet: a cluster that grows when something waits for one
    count = max(1, min(engine.workers or limit, limit, parts))
    return [_worker(index, on_gpu=bool(gpus)) for index in range(count)]


@cache
def _worker(index: int, *, on_gpu: bool) -> Any:  # noqa: ANN401  a Ray actor handle has no public type
    """Start a worker and hold it: Ray ends an actor to which nobody has a handle."""
    needs = {"num_cpus": 0, "num_gpus": 1} if on_gpu else {"num_cpus": 1}
    return ray.remote(Worker).options(max_restarts=RESTARTS, max_task_retries=RESTARTS, **needs).remote()


def _on_ray(engine: EngineConfig, job: Job, step: Step, parts: Sequence[Part]) -> Iterator[tuple[str, Counts]]:
    workers = workers_for(engine, step, len(parts))
    work = [ray.put((replace(job), step))]  # a copy: without the parts that the job has looked up
    most = ray.get(workers[0].most_together.remote(work)) if step.together else 1
    todo = iter(groups(parts, most, workers=len(workers)))
    flying: dict[Any, Any] = {}

    def submit(worker: Any) -> None:  # noqa: ANN401  a Ray actor handle has no public type
        if (group := next(todo, None)) is not None:
            flying[worker.run.remote(work, group)] = worker

    for worker in workers * WAITING_PER_WORKER:
        submit(worker)
    while flying:
        (done,), _ = ray.wait(list(flying), num_returns=1)
        worker = flying.pop(done)
        try:
            finished = ray.get(done)
        except RayTaskError as error:
            _call_off(flying)
            raise error.cause from None
        except RayError as error:
            _worker.cache_clear()
            raise StageError(
                f"a worker of {job.stage.name}/{step.name} was lost {RESTARTS + 1} times, mostly for want of memory; "
                f"set engine.workers lower: {str(error).strip().splitlines()[0]}"
            ) from error
        submit(worker)
        yield from finished.items()


def _call_off(flying: Iterable[Any]) -> None:
    """Drop the groups that wait and let those at work end, so that a retry does not meet them in the same files."""
    waiting = list(flying)
    for group in waiting:
        ray.cancel(group)
    if waiting:
        ray.wait(waiting, num_returns=len(waiting))
