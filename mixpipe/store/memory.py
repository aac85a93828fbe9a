"""The most memory that this process has had since it was last asked to forget.

The system's high-water mark never falls by itself, so a worker that trained proxies would carry their peak into every
later stage; Linux lets a process reset it. Elsewhere the mark is that of the whole life of the process.
"""

import resource
from contextlib import suppress
from pathlib import Path

__all__ = ["forget_peak", "peak_rss_mib"]

CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
RESET_PEAK = "5"  # see proc(5)


def forget_peak() -> None:
    """Start counting anew, where the system can."""
    with suppress(OSError):
        CLEAR.write_text(RESET_PEAK)


def peak_rss_mib() -> float:
    """Return the peak of resident memory in MiB."""
    with suppress(OSError):
        for line in STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
