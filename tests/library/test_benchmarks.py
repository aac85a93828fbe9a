"""Benchmarks are run rarely: each must at least still find what it imports."""

from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
# The one has no module of ours and is run with datatrove's packages; the other runs the rest.
NAMES = sorted({path.stem for path in FOLDER.glob("*.py")} - {"datatrove_side", "__init__", "__main__"})


@pytest.mark.parametrize("name", NAMES)
def test_imports_are_there(name):
    assert import_module(f"benchmarks.{name}").__doc__
