"""The libraries that more than one folder of tests needs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

STREAMING = Path(__file__).resolve().parents[2] / ".readers" / "streaming"


@pytest.fixture(scope="session")
def streaming() -> Callable[..., Any]:
    """Runs mosaicml-streaming in a process of its own, over its own folder of libraries; returns what it printed."""
    if not STREAMING.is_dir():
        pytest.skip("mosaicml-streaming is not installed; `make test-readers` does")

    def run(command: str, *arguments: object) -> Any:
        script = Path(__file__).with_name("streaming_process.py")
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), command, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(STREAMING)},
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def litdata() -> ModuleType:
    """The library, which writes its own format."""
    return pytest.importorskip("litdata", reason="litdata is not installed; `make test-readers` does")
