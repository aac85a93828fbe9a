"""A signal ends a run in any state of the main thread, and a block that ends by itself leaves no trace."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flows.stopping import SIGNALS, stoppable

# The main thread says that it is ready, then does `at_work`.
PROGRAM = """
import signal, sys, time
from flows.stopping import stoppable
with stoppable():
    {before}
    print("ready", flush=True)
    {at_work}
"""
WAITING = "signal.sigwait([signal.SIGUSR1])"
# As Ray and Prefect do: handlers of their own in place of ours.
DEAF = "[signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)]"


def ended(number, *, before="pass", at_work=WAITING):
    """Return the exit code and what was said by a program that is sent a signal once it is ready."""
    command = [sys.executable, "-c", PROGRAM.format(before=before, at_work=at_work)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, said


@pytest.mark.parametrize(
    ("number", "code", "before"),
    [(signal.SIGINT, 130, "pass"), (signal.SIGTERM, 143, "pass"), (signal.SIGINT, 130, DEAF)],
)
def test_a_signal_ends_it_with_one_line_whoever_has_the_handlers(number, code, before):
    assert ended(number, before=before, at_work="while True: time.monotonic()") == (
        code,
        "mixpipe: stopped; the same command goes on from here\n",
    )


def test_what_libraries_say_of_their_workers_end_is_not_heard():
    said = ended(signal.SIGINT, before=DEAF, at_work="time.sleep(1); sys.stderr.write('lost a worker'); time.sleep(9)")
    assert said == (130, "mixpipe: stopped; the same command goes on from here\n")


def test_a_main_thread_that_does_not_return_to_python_is_ended_too():
    # sigwait blocks every handler; the process must go after the seconds to unwind.
    assert ended(signal.SIGTERM, before=DEAF)[0] == 143


def test_without_a_signal_an_error_is_passed_on():
    with pytest.raises(ValueError, match="its own"), stoppable():
        raise ValueError("its own")


def join_stoppers():
    """Wait until no thread reads signals any more."""
    for thread in [thread for thread in threading.enumerate() if thread.name == "stopper"]:
        thread.join(timeout=10)
        assert not thread.is_alive()


def open_files():
    """Count the files that this process has open, where that can be seen."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_what_was_there_before_is_there_again():
    join_stoppers()  # of tests before
    handlers = [signal.getsignal(number) for number in SIGNALS]
    files = open_files()
    with stoppable():
        assert [signal.getsignal(number) for number in SIGNALS] != handlers
    assert [signal.getsignal(number) for number in SIGNALS] == handlers
    join_stoppers()
    assert open_files() == files
