"""The shared sample of 4,917 documents through all stages, as `mixpipe run` does it."""

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pipeline import SHARED, run_config, timed_run

TARGET_SECONDS = 8 * 60


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = run_config(SHARED / "sample", Path(folder))
        first = timed_run(config, Path(folder) / "root")
        again = timed_run(config, Path(folder) / "root")
    return {"first": first, "again": again, "target_seconds": TARGET_SECONDS}


if __name__ == "__main__":
    print(json.dumps(measure()))
