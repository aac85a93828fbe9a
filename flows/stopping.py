"""Ctrl-C and SIGTERM end a run within seconds, whoever has taken over the handlers.

Ray and Prefect put handlers of their own in place of ours, and Python runs any handler only between two instructions
of the main thread, which may be deep in a library. What neither replaces is the wakeup descriptor, to which a signal's
number is written at once. A thread reads it and gives the main thread `SECONDS_TO_END` to unwind (workers go, the flow
run is reported); then the process ends in any case. That is safe, because parts are written whole or not at all.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

__all__ = ["stoppable"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SECONDS_TO_END = 2.0
SECONDS_TO_TELL = 0.1  # the thread may hear of a signal a little after the main thread
SHOW_CURSOR = "\x1b[?25h"  # a progress bar that was not closed has hidden it


class Stopper:
    """Which signal came, if one did, and the end of the process after it."""

    def __init__(self) -> None:
        """Open the pipe that signals are written to."""
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.writing, False)  # as a wakeup descriptor must be
        self._number = 0
        self._came = threading.Event()
        self._ended = threading.Lock()
        self._stderr = 2

    def watch(self) -> None:
        """Wait for a signal, then for the main thread to unwind or for a second signal, then end."""
        for number in self._signals():
            if self._came.is_set():
                self.end()
            self._number = number
            self._hush()
            self._came.set()
            timer = threading.Timer(SECONDS_TO_END, self.end)
            timer.daemon = True
            timer.start()

    def came(self) -> bool:
        """Tell whether a signal came."""
        return self._came.wait(SECONDS_TO_TELL)

    def end(self) -> NoReturn:
        """Say that the run can be continued and end the process."""
        self._ended.acquire()  # never released: the first to come says the line
        start = f"{SHOW_CURSOR}\n" if os.isatty(self._stderr) else ""
        os.write(self._stderr, f"{start}mixpipe: stopped; the same command goes on from here\n".encode())
        os._exit(128 + self._number)

    def _hush(self) -> None:
        """Send to nowhere what libraries still say of their workers' end: the one line is the last."""
        sys.stderr.flush()
        self._stderr = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def _signals(self) -> Iterator[int]:
        """Yield the signals that come, until the writing end is closed."""
        while read := os.read(self.reading, 1):
            if read[0] in SIGNALS:
                yield read[0]
        os.close(self.reading)


@contextmanager
def stoppable() -> Iterator[None]:
    """End the process with one line and exit code 130 or 143 when it is interrupted or terminated in the block."""
    stopper = Stopper()
    before = {number: signal.signal(number, _raise) for number in SIGNALS}
    descriptor = signal.set_wakeup_fd(stopper.writing, warn_on_full_buffer=False)
    threading.Thread(target=stopper.watch, name="stopper", daemon=True).start()
    try:
        yield
    except BaseException:
        if stopper.came():
            if ray := sys.modules.get("ray"):
                ray.shutdown()  # last, for it may take longer than there is time: then Ray ends because we did
            stopper.end()
        raise
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(stopper.writing)


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind the main thread."""
    raise KeyboardInterrupt
