"""Run benchmarks by name and write results/<name>.json; without names, all of them, cheapest first."""

import json
import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
NAMES = ("overhead", "materialise", "embedding", "domains", "proxies", "sample", "memory", "targets", "corpus")


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        started = time.monotonic()
        found = import_module(f"benchmarks.{name}").measure()
        record = {
            "benchmark": name,
            "command": f"python -m benchmarks {name}",
            "measured": time.strftime("%Y-%m-%d"),
            "machine": {"cores": os.cpu_count(), "processor": processor(), "python": platform.python_version()},
            "seconds": round(time.monotonic() - started, 1),
            "figures": found,
        }
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        print(json.dumps(record, indent=2, sort_keys=True))


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
