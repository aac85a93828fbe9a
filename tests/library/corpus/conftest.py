"""Builds a stage through the store's public calls, in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part, seal
from mixpipe.store.stage import Stage, StageConfig
from mixpipe.tokenizer import train_tokenizer

Build = Callable[..., Artefact]


def build_stage(root: Path, stage: Stage, config: StageConfig) -> Artefact:
    job = open_stage(root, stage, config, {})
    if isinstance(job, Artefact):
        return job
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


@pytest.fixture(scope="session")
def build() -> Build:
    return build_stage


@pytest.fixture(scope="session")
def hostile() -> Path:
    """The folder of hostile inputs that lies beside the repository."""
    folder = Path(__file__).parents[3] / "../shared/data/hostile"
    if not folder.is_dir():
        pytest.skip("the hostile inputs are not beside the repository")
    return folder


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny tokenizer, so that a test need not train one."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(train_tokenizer(["a few words to train on, and a few more words"], 512), encoding="utf-8")
    return path
