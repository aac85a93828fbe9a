"""One build through Prefect for all tests that look at a finished one."""

from pathlib import Path
from typing import Any

import pytest

from mixpipe.config import RunConfig


@pytest.fixture(scope="session")
def built_root(prefect_server: None, toy_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store in which the run `toy` was built; whoever changes it works on a copy."""
    from flows.build import build  # after the server's address is set

    root = tmp_path_factory.mktemp("built") / "root"
    folder = build(config=RunConfig.model_validate(toy_settings), root=str(root), name="toy")
    assert folder == str(root / "runs" / "toy")
    return root
