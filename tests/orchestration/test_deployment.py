"""The scheduled deployment, for real: server, process worker, a run through the API, another after new files."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.flow_runs import wait_for_flow_run
from prefect.settings import PREFECT_API_URL, temporary_settings

from mixpipe.runs.run import load_artefacts

REPOSITORY = Path(__file__).resolve().parents[2]
PREFECT_FILE = REPOSITORY / "deployments" / "prefect.yaml"
SECONDS_FOR_A_RUN = 300

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@pytest.fixture(scope="module")
def environment(tmp_path_factory, ended_within):
    """A server on SQLite and a process worker, both on loopback, and the environment in which they run."""
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    variables = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": url, "PREFECT_CLI_PROMPT": "false"}
    server = start(["server", "start", "--host", "127.0.0.1", "--port", str(port)], variables, home / "server.log")
    started = [server]
    try:
        wait_for(f"{url}/health", server, ended_within)
        prefect(["work-pool", "create", "mixpipe", "--type", "process"], variables)
        prefect(["deploy", "--all", "--prefect-file", str(PREFECT_FILE)], variables)
        worker = ["worker", "start", "--pool", "mixpipe", "--type", "process"]
        started.append(start(worker, variables, home / "worker.log"))
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
            if not ended_within(process, 60):  # a worker may wait for runs that it will not start
                process.kill()
                process.wait()


def start(arguments, variables, log):
    command = [sys.executable, "-m", "prefect", *arguments]
    with log.open("wb") as output:
        return subprocess.Popen(command, env=variables, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)


def prefect(arguments, variables):
    command = [sys.executable, "-m", "prefect", *arguments]
    done = subprocess.run(command, env=variables, cwd=REPOSITORY, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr


def wait_for(url, process, ended_within):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert not ended_within(process, 0.2)
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                if reply.status == 200:
                    return
        except OSError:
            continue
    raise AssertionError(f"{url} does not answer")


def run_deployment(client: SyncPrefectClient, parameters):
    deployment = client.read_deployment_by_name("mixpipe-refresh/nightly")
    flow_run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
    ended = asyncio.run(wait_for_flow_run(flow_run.id, timeout=SECONDS_FOR_A_RUN, poll_interval=1))
    assert ended.state.is_completed(), ended.state.message


def test_the_scheduled_deployment_builds_and_then_takes_in_new_files(environment, toy_folder, toy_config, tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for file in sorted((toy_folder / "corpus").iterdir()):
        (corpus / file.name).write_bytes(file.read_bytes())
    toy_config["ingest"]["paths"] = [str(corpus)]
    parameters = {"config": toy_config, "root": str(tmp_path / "root"), "name": "nightly"}
    with temporary_settings({PREFECT_API_URL: environment}), get_client(sync_client=True) as client:
        assert client.read_deployment_by_name("mixpipe-refresh/nightly").schedules
        run_deployment(client, parameters)
        first = load_artefacts(tmp_path / "root" / "runs" / "nightly")
        keys = {artifact.key for artifact in client.read_artifacts()}
        assert {"mixpipe-domains", "mixpipe-mixture", "mixpipe-search-round-1", "mixpipe-verify"} <= keys
        (corpus / "new.jsonl").write_bytes((toy_folder / "later" / "new.jsonl").read_bytes())
        run_deployment(client, parameters)
    second = load_artefacts(tmp_path / "root" / "runs" / "nightly")
    assert second["ingest"].counts["documents"] == first["ingest"].counts["documents"] + 20
    for stage in ("ingest", "embed", "domains", "scores"):
        known = {part.identity for part in first[stage].manifest.parts}
        new = [part for part in second[stage].manifest.parts if part.identity not in known]
        assert 0 < len(new) < len(second[stage].manifest.parts), stage
    assert second["search"].counts.get("trials", 0) == 0  # the mixture was taken over
    shards = json.loads((tmp_path / "root" / "runs" / "nightly" / "train" / "dataset.json").read_text())
    assert shards
