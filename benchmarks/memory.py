"""Peak memory of every process on the sample and on eight times the sample.

The copies differ from the original by a line of their own, so that they are no duplicates. The search is the same for
both: its pool and its proxies are fixed in size.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.pipeline import SHARED, run_config, timed_run

TIMES = 8
SETTINGS: dict[str, dict[str, Any]] = {
    "search": {"rounds": [2], "noise_seeds": 2, "final_seeds": 2, "screen": False, "proxy": {"tokens": 20_000}},
    "embed": {"max_tokens": 16},  # a batch holds as many tokens whatever the length of its texts
    # samples of a fixed size, which the smaller corpus fills too
    "domains": {"count": 17, "sample_documents": 4_000},
    "scores": {"sample_documents": 4_000},
}


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        grow(folder / "eight", TIMES)
        peaks = {}
        for name, corpus in (("one", SHARED / "sample"), ("eight", folder / "eight")):
            config = run_config(corpus, folder / f"{name}-run", **SETTINGS)
            peaks[name] = timed_run(config, folder / f"{name}-root", "--no-prefect")["peak_rss_mib_by_process"]
    ratios = {
        kind: round(peaks["eight"][kind] / mib, 3) for kind, mib in peaks["one"].items() if kind in peaks["eight"]
    }
    return {"peak_rss_mib": peaks, "ratio": ratios, "target_ratio": 1.15}


def grow(folder: Path, times: int) -> None:
    """Write the sample `times` over, each time with another last line in every text."""
    folder.mkdir()
    for file in sorted((SHARED / "sample").glob("*.parquet")):
        table = pq.read_table(file)
        for copy in range(times):
            texts = [f"{text}\n{copy}" for text in table["text"].to_pylist()]
            grown = table.set_column(table.schema.get_field_index("text"), "text", pa.array(texts))
            pq.write_table(grown, folder / f"{file.stem}-{copy}.parquet")


if __name__ == "__main__":
    print(json.dumps(measure()))
