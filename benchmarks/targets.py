"""Is the mixture found better than every control? Three target sets on the sample, fresh seeds, a larger proxy budget.

The stages up to the scores are shared; each set has its own search. Better means by more than two standard errors.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.pipeline import SHARED, run_config, target_sets, timed_run
from mixpipe.runs.run import load_artefacts
from mixpipe.store.files import read_json

SETS = {
    "all": None,
    "medicine": ["medicine", "medicine_shift"],
    "code": ["code", "tech_docs"],
}


def measure() -> dict[str, Any]:
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, targets in SETS.items():
            sets = {"sets": target_sets(targets)}
            config = run_config(SHARED / "sample", folder / name, targets=sets)
            ran = timed_run(config, folder / "root", "--no-prefect", "--name", "run")
            verdict = read_json(load_artefacts(folder / "root" / "runs" / "run")["search"].file("verdict.json"))
            found[name] = {"seconds": ran["seconds"], "wins": verdict["wins"], "comparisons": verdict["comparisons"]}
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
