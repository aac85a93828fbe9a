"""Whatever is killed, whenever: the rerun ends with the same bytes, and so do other engines and worker counts."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mixpipe.runs.run import load_artefacts

KILLS = 8
SECONDS = 600

pytestmark = pytest.mark.slow


def command(config, root, *options):
    mixpipe = [sys.executable, "-c", "from flows.cli import main; main()"]
    return [*mixpipe, "run", str(config), "--root", str(root), "--no-prefect", *options]


def run(config, root, *options):
    done = subprocess.run(command(config, root, *options), capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return shard_digests(root)


def shard_digests(root):
    shards = load_artefacts(next((root / "runs").iterdir()))["shards"]
    return {entry.name: entry.sha256 for entry in shards.manifest.files if entry.name.startswith("data/")}


def descendants(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def done_records(root):
    return {path: path.stat().st_mtime_ns for path in (root / "artifacts").glob("*/*/*.parquet")}


@pytest.fixture
def config(tmp_path, toy_config):
    path = tmp_path / "toy.yaml"
    path.write_text(json.dumps(toy_config))  # JSON is YAML
    return path


def test_killed_at_random_points_the_rerun_ends_with_the_same_shards(config, tmp_path, ended_within):
    started = time.monotonic()
    whole = run(config, tmp_path / "whole", "--engine", "local")
    duration = time.monotonic() - started
    chance = random.Random(20)
    sealed_before = {}
    for kill in range(KILLS):
        process = subprocess.Popen(
            command(config, tmp_path / "cut", "--engine", "local"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # each try gets a little further, so that the kills fall into all stages
        ended_within(process, duration * (0.25 + 0.6 * chance.random()) * (kill + 1) / KILLS + 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = done_records(tmp_path / "cut")
        assert all(now[path] == written for path, written in sealed_before.items()), "a sealed part was written again"
        sealed_before = now
    assert run(config, tmp_path / "cut", "--engine", "local") == whole


@pytest.mark.ray
def test_engines_and_worker_counts_and_a_killed_worker_do_not_change_the_shards(config, tmp_path, ended_within):
    local = run(config, tmp_path / "local", "--engine", "local")
    one = run(config, tmp_path / "one", "--engine", "ray", "--set", "engine.workers=1")
    process = subprocess.Popen(
        command(config, tmp_path / "two", "--engine", "ray", "--set", "engine.workers=2"), stderr=subprocess.PIPE
    )
    assert kill_a_worker(process, ended_within)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said.decode()
    assert local == one == shard_digests(tmp_path / "two")


def kill_a_worker(process, ended_within):
    """Kill one Ray worker of a run once it is at work; tell whether one was found."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and not ended_within(process, 0.1):
        for child in descendants(process):
            try:
                if child.name().startswith("ray::Worker") and child.cpu_times().user > 4:
                    os.kill(child.pid, signal.SIGKILL)
                    return True
            except psutil.NoSuchProcess:
                continue
    return False
