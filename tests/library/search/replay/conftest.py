"""Small tables of runs whose truth is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixpipe.search.replay.tables import RunTable, read_runs

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table: 60 runs over three domains, two targets that are exponential laws, in thousandths as published."""

    def written(name: str = "runs.csv", *, n: int = 60, seed: int = 0, **cells: str) -> Path:
        rng = np.random.default_rng(seed)
        lines = ["run_id,suite,model_params,w:a,w:b,w:c,y:x,y:z"]
        for number in range(n):
            w = np.round(rng.dirichlet(np.ones(3)), 3)
            x, z = 2 + np.exp(-2 * w[0]), 1 + np.exp(-w[1] - 0.5 * w[2])
            row = {
                "run_id": f"r{number}",
                "suite": "one" if number % 2 else "two",
                "model_params": str(1000 * (1 + number % 3)),
                **{f"w:{key}": f"{value:.3f}" for key, value in zip("abc", w, strict=True)},
                "y:x": f"{x:.6f}",
                "y:z": f"{z:.6f}",
            }
            if number == 1:
                row |= cells
            lines.append(",".join(row.values()))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


@pytest.fixture
def table(write: Write) -> RunTable:
    return read_runs(write())
