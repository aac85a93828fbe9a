"""Finding a server, without starting one: `test_cli` and `test_deployment` start real ones."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flows.server import ensure_server, server_home, stop_command, ui_address
from mixpipe.errors import StoreError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A server's home of its own; what `ensure_server` sets in the environment is taken back."""
    for name in ("PREFECT_API_URL", "PREFECT_HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIXPIPE_HOME", str(tmp_path))
    return tmp_path / "prefect"


@pytest.fixture
def answering():
    """The address of something that answers as a healthy server does."""

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/health" else 404)
            self.end_headers()

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
        thread.join()


def test_an_address_that_is_set_is_used_as_it_is(home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere:1/api")
    assert ensure_server() == "http://elsewhere:1/api"
    assert not home.exists()


def test_a_standing_server_that_answers_is_used_again(home, answering, monkeypatch):
    home.mkdir()
    (home / "mixpipe-server.json").write_text(json.dumps({"url": answering}))
    assert ensure_server() == answering
    assert server_home() == home
    assert ensure_server() == answering  # now from the environment


def test_a_home_that_cannot_be_made_is_one_clear_error(home):
    home.parent.joinpath("prefect").write_text("a file in the way")
    with pytest.raises(StoreError, match="set MIXPIPE_HOME"):
        ensure_server()


def test_what_a_run_says_about_the_server(home):
    assert ui_address("http://127.0.0.1:4200/api/") == "http://127.0.0.1:4200"
    assert stop_command() == f"PREFECT_HOME={home} {sys.executable} -m prefect server stop"
