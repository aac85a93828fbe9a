"""The shared corpus of 107,313 documents, embed to shards: time and peak memory per stage."""

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pipeline import SHARED, run_config, timed_run


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = run_config(SHARED / "corpus", Path(folder), budget_tokens=60_000_000)
        return timed_run(config, Path(folder) / "root")


if __name__ == "__main__":
    print(json.dumps(measure()))
