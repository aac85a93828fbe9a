"""Builds a stage through the store's public calls, in this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.stage import INGEST
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.seal import seal
from mixpipe.store.stage import Stage, StageConfig
from mixpipe.tokenizer import train_tokenizer

Build = Callable[..., Artefact]
SMALL = {"documents_per_part": 48, "part_mib": 0.3, "vocabulary": 512}


def write_corpus(folder: Path, files: int = 6) -> Path:
    """Write JSON lines, Parquet and text, with repeats within and across files and one bad line per JSON file."""
    (folder / "a").mkdir(parents=True)
    for number in range(files):
        rows = [{"id": n, "text": f"document {n % 30} of file {number // 2} " * 5} for n in range(40)]
        (folder / "a" / f"{number:03d}.jsonl").write_text("\n".join([*map(json.dumps, rows), "no json"]))
        (folder / "a" / f"{number:03d}.md").write_text(f"# page {number}\n")
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{number:03d}.parquet")
    return folder


def small_config(path: Path, **fields: object) -> IngestConfig:
    return IngestConfig(paths=(str(path),), **{**SMALL, **fields})


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


@pytest.fixture(scope="session")
def corpus() -> Callable[..., Path]:
    return write_corpus


@pytest.fixture(scope="session")
def config() -> Callable[..., IngestConfig]:
    return small_config


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """The corpus of `write_corpus`, sealed."""
    folder = tmp_path_factory.mktemp("built")
    return build_stage(folder / "root", INGEST, small_config(write_corpus(folder / "input")))
