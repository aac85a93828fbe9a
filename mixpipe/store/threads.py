"""A fixed number of numeric threads per process.

Floating-point sums depend on how many threads share them, so the number is a setting and not what the machine has:
parallelism comes from more processes. Environment variables reach libraries that load later, threadpoolctl those
that are loaded already.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController

__all__ = ["THREAD_VARIABLES", "WORKER_ENVIRONMENT", "fixed_threads"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
# What a worker process starts with: one thread, and an allocator that keeps the tens of megabytes which every batch
# asks for anew. Given back to the system each time, their pages were 7 % of the time of embedding. Other allocators
# than glibc's do not read it.
WORKER_ENVIRONMENT = {
    **dict.fromkeys(THREAD_VARIABLES, "1"),
    "TOKENIZERS_PARALLELISM": "false",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


@contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Run a block with `count` threads in BLAS, OpenMP, the tokenizers' pool and torch."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    try:
        with _loaded_libraries(len(sys.modules)).limit(limits=count):
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(count)
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@lru_cache(maxsize=1)
def _loaded_libraries(modules: int) -> ThreadpoolController:
    """Return the numeric libraries of this process, looked for again once it has imported more modules than before.

    A look through all loaded libraries takes 5 ms, as long as a small part; a library comes with an imported module.
    """
    return ThreadpoolController()
