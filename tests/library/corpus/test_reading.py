import shutil

import pytest

from mixpipe.corpus.stage import INGEST
from mixpipe.errors import ConfigError, InputError
from mixpipe.store.build import open_stage, reopen, run_part


def digests(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def test_a_given_tokenizer_counts_by_content_and_not_by_path(built, build, tmp_path, corpus, config):
    folder = corpus(tmp_path / "input")
    shutil.copy(built.file("tokenizer.json"), tmp_path / "copy.json")
    one = build(tmp_path / "1", INGEST, config(folder, tokenizer=str(built.path)))
    other = build(tmp_path / "2", INGEST, config(folder, tokenizer=str(tmp_path / "copy.json")))
    assert one.fingerprint == other.fingerprint != built.fingerprint
    assert digests(one) == digests(other) == digests(built)


def test_a_missing_tokenizer_is_refused_before_any_work(tmp_path, corpus, config):
    with pytest.raises(ConfigError, match="expected a tokenizer"):
        open_stage(tmp_path, INGEST, config(corpus(tmp_path / "input"), tokenizer=str(tmp_path / "gone.json")), {})
    assert not (tmp_path / "scratch").exists()


def test_a_corpus_without_a_document_is_one_clear_error(build, tmp_path, config):
    (tmp_path / "a.jsonl").write_text('{"body": "x"}\n{"body": "y"}\nno json\n')
    with pytest.raises(InputError, match=r"found missing-text \(2\), invalid-json \(1\); check `ingest.text`"):
        build(tmp_path / "root", INGEST, config(tmp_path / "a.jsonl"))


def test_a_file_changed_during_the_run_is_noticed(tmp_path, corpus, config):
    folder = corpus(tmp_path / "input", files=1)
    job = open_stage(tmp_path / "root", INGEST, config(folder), {})
    read = job.steps[0]
    parts = job.plan(read)
    (folder / "000.parquet").write_bytes(b"other")
    with pytest.raises(InputError, match=r"000\.parquet as it was when the run began"):
        for part in parts:
            run_part(job, read, part)


def test_a_file_that_went_during_the_run_is_one_clear_error(tmp_path, corpus, config):
    folder = corpus(tmp_path / "input", files=1)
    job = open_stage(tmp_path / "root", INGEST, config(folder), {})
    read = job.steps[0]
    parts = job.plan(read)
    (folder / "000.parquet").unlink()
    with pytest.raises(InputError, match=r"000\.parquet as it was when the run began, found: No such file"):
        for part in parts:
            run_part(job, read, part)


def test_a_file_that_came_after_the_artefact_was_named_is_refused(tmp_path, corpus, config):
    folder = corpus(tmp_path / "input", files=1)
    job = open_stage(tmp_path / "root", INGEST, config(folder), {})
    job = reopen(tmp_path / "root", INGEST, config(folder), {}, job.fingerprint)
    assert job.plan(job.steps[0])
    (folder / "new.jsonl").write_text('{"text": "new"}')
    with pytest.raises(InputError, match=r"ingest\.paths as it was when the run began \(3 files, .*changed \(4 files"):
        job.plan(job.steps[0])
