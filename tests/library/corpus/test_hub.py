"""`datasets` itself writes what we read: a folder saved to disk, and a data set loaded by name (a local folder)."""

import json

import datasets
import pytest

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.hub import hub_files
from mixpipe.corpus.stage import INGEST
from mixpipe.errors import InputError
from mixpipe.store.files import read_table

TEXTS = [f"text {number}" for number in range(30)]


def texts(artefact):
    return [text for name in artefact.names() for text in read_table(artefact.file(name), ["text"])["text"].to_pylist()]


def test_a_folder_saved_to_disk(build, tmp_path, tokenizer):
    datasets.disable_progress_bars()
    whole = datasets.Dataset.from_dict({"text": TEXTS})
    datasets.DatasetDict({"test": whole.select(range(5)), "train": whole.select(range(5, 30))}).save_to_disk(
        tmp_path / "saved"
    )
    found = build(tmp_path / "root", INGEST, IngestConfig(paths=(str(tmp_path / "saved"),), tokenizer=str(tokenizer)))
    assert texts(found) == TEXTS
    assert found.counts["quarantined"] == 0


def test_a_data_set_by_name(build, tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    found = build(tmp_path / "root", INGEST, IngestConfig(paths=(f"hf:{tmp_path / 'set'}",), tokenizer=str(tokenizer)))
    assert texts(found) == TEXTS


def test_a_data_set_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="expected a data set `hf:NAME") as caught:
        hub_files(f"{tmp_path}/nothing")
    assert "\n" not in str(caught.value)
