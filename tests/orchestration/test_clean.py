"""Token cleaning of a finished run: published beside it, gone on with, refused where there is nothing to clean."""

import shutil

import pytest
from datasets import load_dataset

from mixpipe.config import EngineConfig
from mixpipe.errors import ConfigError, InputError
from mixpipe.runs import cleaned
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.store.files import read_json, read_table, write_json
from tasks import clean as clean_module
from tasks.clean import clean

LOCAL = EngineConfig(kind="local")


@pytest.fixture
def run(built_root, tmp_path):
    return shutil.copytree(built_root, tmp_path / "root") / "runs" / "toy"


@pytest.fixture
def config(causal_model):
    return CleaningConfig(base=str(causal_model(0)), reference=str(causal_model(1)), window=64)


@pytest.mark.parametrize("engine", [LOCAL, EngineConfig(kind="ray", workers=2)], ids=["local", "ray"])
def test_what_is_published_is_read_by_datasets(run, config, engine, tmp_path):
    found = clean(run, config, engine, run / "cleaned")
    rows = load_dataset("parquet", data_files=str(run / "cleaned/data/*.parquet"), cache_dir=str(tmp_path / "cache"))
    train = rows["train"]
    assert len(train) == found.record["kept_documents"]
    assert sum(sum(label >= 0 for label in row["labels"]) for row in train) == found.record["kept_tokens"]
    assert int(0.6 * found.record["response_tokens"]) == found.record["kept_tokens"]
    assert "60.0%" in found.lines()[0]


def test_what_was_done_is_not_done_again(run, config, monkeypatch):
    first = clean(run, config, LOCAL, run / "cleaned")
    monkeypatch.setattr(clean_module, "fan_out", None)  # would fail if it were called
    again = clean(run, config, LOCAL, run / "elsewhere")
    assert first.record == again.record
    names = sorted(path.name for path in (run / "cleaned" / "data").rglob("*.parquet"))
    assert names == sorted(path.name for path in (run / "elsewhere" / "data").rglob("*.parquet"))
    assert (run / "elsewhere" / "manifest.json").is_file()


def test_a_run_without_training_data_is_refused(run, config):
    record = read_json(run / "run.json")
    del record["stages"]["shards"]
    write_json(run / "run.json", record)
    with pytest.raises(InputError, match="training data"):
        clean(run, config, LOCAL, run / "cleaned")


@pytest.mark.parametrize("place", ["train", ".", "run.json"])
def test_a_folder_of_something_else_is_refused_before_any_work(run, config, place):
    before = sorted(path for path in run.rglob("*"))
    with pytest.raises(ConfigError, match="new or empty folder"):
        clean(run, config, LOCAL, run / place)
    assert sorted(path for path in run.rglob("*")) == before


@pytest.mark.parametrize("before", [False, True], ids=["new", "again"])
def test_what_was_stopped_while_it_was_published_goes_on(run, config, monkeypatch, before):
    out = run / "cleaned"
    if before:
        clean(run, config, LOCAL, out)
    with monkeypatch.context() as patched:
        patched.setattr(cleaned, "link_or_copy", None)  # fails at the first shard
        with pytest.raises(TypeError):
            clean(run, config, LOCAL, out)
    assert not (out / "manifest.json").exists()
    found = clean(run, config, LOCAL, out)
    assert sum(read_table(file).num_rows for file in (out / "data").rglob("*")) == found.record["kept_documents"]
    assert (out / "manifest.json").is_file()


def test_another_share_replaces_an_earlier_result(run, config):
    clean(run, config, LOCAL, run / "cleaned")
    found = clean(run, config.model_copy(update={"keep": 0.3}), LOCAL, run / "cleaned")
    assert int(0.3 * found.record["response_tokens"]) == found.record["kept_tokens"]
    assert (run / "cleaned" / "manifest.json").is_file()
