"""Ctrl-C and SIGTERM stop a run within seconds, with one line, and the same command completes it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

SECONDS_TO_STOP = 3.0
SECONDS_TO_START = 120.0
SAID = "mixpipe: stopped; the same command goes on from here"


@pytest.fixture
def config(tmp_path, toy_config):
    path = tmp_path / "toy.yaml"
    path.write_text(json.dumps(toy_config))  # JSON is YAML
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home for the Prefect server that a run may start; it is stopped at the end."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("MIXPIPE_HOME", str(tmp_path))
    yield
    if (tmp_path / "prefect").is_dir():
        environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect")}
        subprocess.run([sys.executable, "-m", "prefect", "server", "stop"], env=environment, capture_output=True)


def start(config, *options):
    mixpipe = [sys.executable, "-c", "from flows.cli import main; main()"]
    command = [*mixpipe, "run", str(config), "--root", str(config.parent / "store"), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop_after(process, line, number):
    """Send the signal once the run has said `line`; return the exit code, what it said from then on, and how long."""
    deadline = time.monotonic() + SECONDS_TO_START
    for said in process.stderr:
        if line in said:
            break
        assert time.monotonic() < deadline
    sent = time.monotonic()
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert out == ""
    return process.returncode, said.splitlines(), time.monotonic() - sent


ENGINES = [
    pytest.param(["--engine", "local", "--no-prefect"], id="local"),
    pytest.param(["--engine", "ray", "--no-prefect"], id="ray", marks=[pytest.mark.ray]),
    pytest.param(["--engine", "ray"], id="ray-and-prefect", marks=[pytest.mark.ray, pytest.mark.prefect]),
]


@pytest.mark.slow
@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("options", ENGINES)
def test_a_run_that_is_stopped_says_so_and_goes_on(config, options):
    for number, line, code in ((signal.SIGINT, "targets read", 130), (signal.SIGTERM, "search survey", 143)):
        returned, said, seconds = stop_after(start(config, *options), line, number)
        assert (returned, said[-1]) == (code, SAID)
        assert not [line for line in said if "Traceback" in line or "Error" in line]
        assert seconds < SECONDS_TO_STOP
    again = start(config, *options)
    assert again.communicate(timeout=600) and again.returncode == 0
