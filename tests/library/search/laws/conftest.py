from collections.abc import Callable
from pathlib import Path

import pytest

from mixpipe.search.replay.tables import RunTable, read_runs

RECORDED = Path(__file__).parents[4] / "../shared/data/mixture_runs"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], RunTable]:
    """Read a table of recorded runs by its folder."""

    def read(folder: str) -> RunTable:
        path = RECORDED / folder / "runs.csv"
        if not path.is_file():
            pytest.skip("the recorded runs are not beside the repository")
        return read_runs(path)

    return read
