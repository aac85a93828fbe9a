"""Processes that work as a run's do: in the environment of its workers, which must be there before torch is loaded."""

import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.pool import Pool

from mixpipe.store.threads import WORKER_ENVIRONMENT


def worker_pool(processes: int, load: Callable[..., None] | None = None, *arguments: object) -> Pool:
    """Start so many processes, each of which first calls `load`."""
    before = dict(os.environ)
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        return get_context("spawn").Pool(processes, load, arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
