"""Run benchmarks by name and write results/<name>.json; without names, all of them, cheapest first.

Each is a module that prints one JSON document; the arguments below are those of the recorded figures.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpus"
ARGUMENTS = {
    "structure": [],
    "overhead": [],
    "materialise": ["--corpus", f"{DATA}/corpus", "--parts", "6"],
    "embedding": [],
    "proxies": ["--tokens", "30000", "--rounds", "2"],
    "domains": [
        *("--root", "{scratch}", "--corpus", f"{DATA}/sample", "--target", f"{DATA}/targets/recipes.parquet"),
        *("--labels", f"{DATA}/labels/sample_labels.parquet"),
        "--ablation",
    ],
    "duplicates": [],
    "formats": [],
    "semantic": ["--variants"],
    "leak": [],
    "annotators": ["--corpus", f"{DATA}/sample", "--parts", "3", "--rounds", "3"],
    "sample": [],
    "reblend": [],
    "memory": [],
    "shard_memory": [],
    "quality": [],
    "labelled": [],
    "surrogate_speed": [],
    "surrogates": ["--targets", "24"],
    "search_replay": [],
    "search_variants": [],
    "methods": [],
    "value": [],
    "cleaning": [],
    "given_models": [],
    "few_proxies": ["--draws", "24"],
    "targets": [],
    "selection": ["--root", "{scratch}"],
    "corpus": [],
}


def main() -> None:
    for name in sys.argv[1:] or ARGUMENTS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            arguments = [argument.replace("{scratch}", scratch) for argument in ARGUMENTS[name]]
            command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
            said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
        record = {
            "benchmark": name,
            "command": f"python -m benchmarks {name}",
            "measured": time.strftime("%Y-%m-%d"),
            "machine": {"cores": os.cpu_count(), "processor": processor(), "python": platform.python_version()},
            "seconds": round(time.monotonic() - started, 1),
            "figures": json.loads(said),
        }
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{name}: {record['seconds']} s, written to {RESULTS / name}.json", file=sys.stderr)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
