"""What Prefect and Ray cost on the demo: wall-clock less the stages' own work, and the same when all is sealed."""

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pipeline import timed_run
from flows.demo import CONFIG, make_corpus

TARGET_SECONDS = 25


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_corpus(folder / "data")
        config = folder / "demo.yaml"
        config.write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
        first = timed_run(config, folder / "root")
        again = timed_run(config, folder / "root")
    return {"first": first, "again": again, "target_overhead_seconds": TARGET_SECONDS}


if __name__ == "__main__":
    print(json.dumps(measure()))
