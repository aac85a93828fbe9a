"""A fixed number of numeric threads per process.

Floating-point sums depend on how many threads share them, so the number is a setting and not what the machine has:
parallelism comes from more processes. Environment variables reach libraries that load later, threadpoolctl those
that are loaded already.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["THREAD_VARIABLES", "fixed_threads"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


@contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Run a block with `count` threads in BLAS, OpenMP, the tokenizers' pool and torch."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    try:
        with threadpool_limits(limits=count):
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(count)
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
