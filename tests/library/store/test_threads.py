"""The number of numeric threads holds inside a block, for libraries loaded before and after, and nowhere else."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from mixpipe.store.threads import THREAD_VARIABLES, fixed_threads


@pytest.mark.parametrize("count", [1, 2])
def test_the_number_holds_in_the_block_and_what_was_before_after_it(monkeypatch, count):
    monkeypatch.setenv(THREAD_VARIABLES[0], "7")
    monkeypatch.delenv(THREAD_VARIABLES[1], raising=False)
    np.ones((2, 2)) @ np.ones((2, 2))  # loads BLAS
    before = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    with fixed_threads(count):
        assert {os.environ[name] for name in THREAD_VARIABLES} == {str(count)}
        assert {pool["num_threads"] for pool in threadpool_info()} == {count}
    assert os.environ[THREAD_VARIABLES[0]] == "7"
    assert THREAD_VARIABLES[1] not in os.environ
    assert {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()} == before


def test_an_error_in_the_block_restores_it_too(monkeypatch):
    monkeypatch.setenv(THREAD_VARIABLES[0], "7")
    with pytest.raises(KeyError), fixed_threads(1):
        raise KeyError
    assert os.environ[THREAD_VARIABLES[0]] == "7"


LATER = """
from mixpipe.store.threads import fixed_threads
with fixed_threads(1):
    pass
import numpy, threadpoolctl
with fixed_threads(1):
    print(sorted({pool["num_threads"] for pool in threadpoolctl.threadpool_info()}))
"""


def test_a_library_that_is_loaded_between_two_blocks_is_limited_too():
    environment = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    done = subprocess.run([sys.executable, "-c", LATER], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[1]\n", "")
