"""A run whose corpus, targets and root are in an object store, against a real S3 server on loopback."""

import json
import subprocess
import sys

import pytest

from mixpipe.store.remote import Remote

SECRET = b"never-written-down"


def mixpipe(*arguments):
    program = [sys.executable, "-c", "from flows.cli import main; main()"]
    return subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, timeout=600)


@pytest.fixture
def remote_config(bucket, toy_config, toy_folder, tmp_path):
    """The toy configuration, its files in the bucket."""
    names = [str(path.relative_to(toy_folder)) for path in toy_folder.rglob("*.jsonl")]
    assert list(Remote(f"{bucket}/toy").put_all(toy_folder, names, "")) == names
    toy_config["ingest"]["paths"] = [f"{bucket}/toy/corpus"]
    for name, held in toy_config["targets"]["sets"].items():
        held["path"] = f"{bucket}/toy/targets/{name}.jsonl"
    path = tmp_path / "toy.yaml"
    path.write_text(json.dumps(toy_config))
    return path


def contents(url, below):
    remote = Remote(url)
    return {name: remote.read(name) for name in remote.files(below)}


def test_a_run_in_an_object_store(remote_config, bucket, toy_config, toy_folder, tmp_path):
    url = f"{bucket}/root"
    ran = mixpipe("run", remote_config, "--root", url, "--no-prefect", "--json")
    assert ran.returncode == 0, ran.stderr
    print(ran.stderr)
