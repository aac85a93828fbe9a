"""The standing Prefect server of this machine: found, or started on loopback and left running.

A temporary server costs about 11 s a process and prints a traceback when it goes; a standing one costs a few seconds
once, and the address that a run prints still answers when the run is over. It has a home of its own, because a home
written by a newer Prefect stops an older one. `PREFECT_API_URL`, when set, is used as it is.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from mixpipe.errors import StoreError

__all__ = ["ensure_server", "quiet_prefect", "server_home", "stop_command", "ui_address"]

HOST = "127.0.0.1"
USUAL_PORT = 4200
SECONDS_TO_START = 90.0  # 3-10 s on an idle machine; a busy two-core one has taken 40


def server_home() -> Path:
    """Return the folder of the server's database: `$MIXPIPE_HOME/prefect`, by default `~/.mixpipe/prefect`."""
    return Path(os.environ.get("MIXPIPE_HOME", "~/.mixpipe")).expanduser() / "prefect"


def ensure_server() -> str:
    """Return the API address of a Prefect server that answers, starting one when there is none.

    Sets `PREFECT_API_URL` and `PREFECT_HOME` for this process and its children; call it before Prefect is imported.

    Raises:
        StoreError: the server did not come up; the message has its last words.
    """
    quiet_prefect()
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    home = server_home()
    os.environ["PREFECT_HOME"] = str(home)
    record = home / "mixpipe-server.json"
    url = _recorded(record)
    if url is None:
        url = _start(home)
        record.write_text(json.dumps({"url": url}), encoding="utf-8")
    os.environ["PREFECT_API_URL"] = url
    return url


def quiet_prefect() -> None:
    """Keep Prefect's log off the terminal (it still goes to the server) and switch telemetry off."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_CLI_PROMPT", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")


def ui_address(api_url: str) -> str:
    """Return the address of the UI that belongs to an API address."""
    return api_url.removesuffix("/").removesuffix("/api")


def stop_command() -> str:
    """Return the command that stops the standing server."""
    return f"PREFECT_HOME={server_home()} {sys.executable} -m prefect server stop"


def _recorded(record: Path) -> str | None:
    try:
        url = str(json.loads(record.read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        return None
    return url if _answers(url) else None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=3) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start(home: Path) -> str:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make {home} for the Prefect server: {error.strerror}; set MIXPIPE_HOME") from error
    (home / "server.pid").unlink(missing_ok=True)  # of a server that no longer answers
    port = _free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--background", "--host", HOST, "--port", str(port)]
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}
    log = home / "start.log"
    with log.open("wb") as output:
        subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    url = f"http://{HOST}:{port}/api"
    deadline = time.monotonic() + SECONDS_TO_START
    while not _answers(url):
        if time.monotonic() > deadline:
            words = log.read_text(encoding="utf-8", errors="replace")[-500:]
            raise StoreError(f"expected a Prefect server at {url} within {SECONDS_TO_START:.0f} s; it said: {words}")
        time.sleep(0.2)
    return url


def _free_port() -> int:
    for port in (USUAL_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StoreError(f"expected a free port on {HOST}, found none")
