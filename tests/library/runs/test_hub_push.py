"""The README's command that pushes training data to a hub, run against a stub of the hub's HTTP interface.

What holds: the client takes the folder as it is, and sends every file of it, byte by byte, in one commit, which a hub
has whole or not at all. What a stub cannot tell: whether a hub accepts it (its limits, its check of the card's header).
"""

import base64
import hashlib
import json
import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

README = Path(__file__).resolve().parents[3] / "README.md"
CLIENT = [sys.executable, "-c", "from huggingface_hub.cli.hf import main; main()"]


class Hub(BaseHTTPRequestHandler):
    """The five requests of an upload; the server keeps `blobs` by SHA-256, and `commits`."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format, *arguments):
        pass

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/repos/create":
            self.answer({"url": f"{self.server.url}/datasets/me/mixture"})
        elif self.path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif self.path == "/api/datasets/me/mixture/preupload/main":
            files = json.loads(asked)["files"]
            self.answer({"files": [{"path": f["path"], "uploadMode": mode(f), "shouldIgnore": False} for f in files]})
        elif self.path == "/datasets/me/mixture.git/info/lfs/objects/batch":
            self.answer({"transfer": "basic", "objects": [self.place(blob) for blob in json.loads(asked)["objects"]]})
        elif self.path == "/api/datasets/me/mixture/commit/main":
            self.server.commits.append([json.loads(line) for line in asked.splitlines()])
            address = f"{self.server.url}/datasets/me/mixture/commit/1"
            self.answer({"success": True, "commitUrl": address, "commitOid": "1" * 40})
        else:
            self.answer({"error": self.path}, status=404)

    def do_PUT(self):
        self.server.blobs[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({})

    def do_GET(self):
        self.answer({"error": self.path}, status=404)

    def place(self, blob):
        return {**blob, "actions": {"upload": {"href": f"{self.server.url}/{blob['oid']}"}}}

    def answer(self, value, status=200):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def mode(file):
    """Return how a hub takes a file: large ones as blobs, by the endings in its `.gitattributes`."""
    return "lfs" if file["path"].endswith(".parquet") else "regular"


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.url, server.blobs, server.commits = f"http://127.0.0.1:{server.server_port}", {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_readmes_command_sends_every_file_in_one_commit(hub, make_run, config, tmp_path):
    train = make_run(config).publish()
    (line,) = [line for line in README.read_text(encoding="utf-8").splitlines() if " hf upload " in f" {line}"]
    _, verb, _, _, *rest = shlex.split(line.partition("#")[0])
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",  # it would ask a package registry
        "HF_HUB_DISABLE_XET": "1",  # the other way of sending blobs has a protocol of its own
        "HF_TOKEN": "hf_of_the_stub",
    }
    command = [*CLIENT, verb, "me/mixture", str(train), *rest]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    ((header, *files),) = hub.commits
    assert header["key"] == "header"
    sent = {file["value"]["path"]: contents(hub, file["value"]) for file in files}
    assert sent == {
        path.relative_to(train).as_posix(): path.read_bytes() for path in train.rglob("*") if path.is_file()
    }


def test_the_card_has_the_header_that_a_hub_reads(make_run, config):
    train = make_run(config).publish()
    card = DatasetCard.load(train / "README.md")
    assert [entry["config_name"] for entry in card.data.to_dict()["configs"]]


def contents(hub, value):
    """Return the bytes that a file of a commit stands for."""
    if "content" in value:
        return base64.b64decode(value["content"])
    data = hub.blobs[f"/{value['oid']}"]
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (value["oid"], value["size"])
    return data
