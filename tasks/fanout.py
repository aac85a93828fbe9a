"""One function over many parts: in this process, or on Ray with a bounded number in flight.

Ray workers are actors, one per core (or per accelerator), that live as long as the run and keep what they loaded: a
model is loaded once per process. They are found by name, so nothing here holds state. At most two parts wait per
worker, so the driver's memory does not grow with the number of parts. A worker that dies is restarted and its part
run again: parts are written whole or not at all.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from mixpipe.config import EngineConfig
from mixpipe.errors import StageError
from mixpipe.store.artefact import Counts
from mixpipe.store.build import Job, run_part
from mixpipe.store.stage import Part, Step
from mixpipe.store.threads import THREAD_VARIABLES

__all__ = ["fan_out", "start_workers", "stop_ray"]

WAITING_PER_WORKER = 2
NAMESPACE = "mixpipe"


class Worker:
    """A process that runs parts, one at a time."""

    def run(self, work: tuple[Job, Step], part: Part) -> tuple[str, Counts]:
        """Run one part; return its name and counts."""
        return part.name, run_part(*work, part)

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
        yield from ((part.name, run_part(job, step, part)) for part in parts)
    elif parts:
        yield from _on_ray(engine, job, step, parts)


def start_ray(engine: EngineConfig) -> None:
    """Join the Ray cluster that is configured, or start one on this machine, quietly and on loopback."""
    if ray.is_initialized():
        return
    address = engine.address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    variables = {**dict.fromkeys(THREAD_VARIABLES, "1"), "TOKENIZERS_PARALLELISM": "false"}
    local: dict[str, Any] = (
        {} if address else {"num_cpus": engine.workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    )
    ray.init(
        address=address,
        namespace=NAMESPACE,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": variables},
        **local,
    )


def stop_ray() -> None:
    """End this run's workers and, where this process started it, Ray."""
    if not ray.is_initialized():
        return
    for name in ray.util.list_named_actors():
        ray.kill(ray.get_actor(name))
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
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus = int(resources.get("GPU", 0)) if step.gpu else 0
    kind, limit = ("gpu", gpus) if gpus else ("cpu", int(resources["CPU"]))
    count = max(1, min(engine.workers or limit, limit, parts))
    actor = ray.remote(Worker)
    return [
        actor.options(
            name=f"{kind}-{index}",
            get_if_exists=True,
            lifetime="detached",
            num_cpus=0 if gpus else 1,
            num_gpus=1 if gpus else 0,
            max_restarts=3,
            max_task_retries=3,
        ).remote()
        for index in range(count)
    ]


def _on_ray(engine: EngineConfig, job: Job, step: Step, parts: Sequence[Part]) -> Iterator[tuple[str, Counts]]:
    workers = workers_for(engine, step, len(parts))
    work = ray.put((job, step))
    todo = iter(parts)
    flying: dict[Any, Any] = {}

    def submit(worker: Any) -> None:  # noqa: ANN401  a Ray actor handle has no public type
        if (part := next(todo, None)) is not None:
            flying[worker.run.remote(work, part)] = worker

    for worker in workers * WAITING_PER_WORKER:
        submit(worker)
    while flying:
        (done,), _ = ray.wait(list(flying), num_returns=1)
        worker = flying.pop(done)
        try:
            finished = ray.get(done)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise StageError(f"a worker of {job.stage.name}/{step.name} was lost four times: {error}") from error
        submit(worker)
        yield finished
