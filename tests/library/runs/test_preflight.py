from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError, InputError
from mixpipe.runs.preflight import check_counted, check_stage, preflight
from mixpipe.store.remote import Remote


@pytest.fixture
def corpus(tmp_path):
    pq.write_table(pa.table({"text": [f"text number {i}" for i in range(20)]}), tmp_path / "a.parquet")
    (tmp_path / "target.jsonl").write_text('{"text": "held out"}\n')
    return tmp_path


def config_for(corpus, **changes):
    values = {
        "ingest": {"paths": [str(corpus / "a.parquet")]},
        "targets": {"sets": {"t": {"path": str(corpus / "target.jsonl")}}},
        "budget_tokens": 100,
    }
    return RunConfig.model_validate({**values, **changes})


def test_documents_are_counted_from_footers(corpus):
    size = preflight(config_for(corpus))
    assert (size.files, size.documents, size.is_counted) == (1, 20, True)


def test_a_missing_corpus_and_a_missing_target_are_named(corpus):
    with pytest.raises(InputError, match=r"ingest\.paths, found nothing at .*nowhere"):
        preflight(config_for(corpus, ingest={"paths": [str(corpus / "nowhere")]}))
    with pytest.raises(InputError, match=r"targets\.sets\.t\.path"):
        preflight(config_for(corpus, targets={"sets": {"t": {"path": str(corpus / "nowhere")}}}))


def test_a_text_column_that_no_parquet_file_has_is_named(corpus):
    def named(text, *paths):
        return config_for(corpus, ingest={"text": text, "paths": [str(corpus / path) for path in paths]})

    with pytest.raises(InputError, match=r"expected a column 'body' .*, found text; set `ingest\.text`"):
        preflight(named("body", "a.parquet"))
    preflight(named("body", "a.parquet", "target.jsonl"))  # what JSON lines hold is known only by reading them


def test_a_given_mixture_is_read_before_any_work(corpus):
    (corpus / "mixture.json").write_text("[]")
    for name, found in (("nowhere.json", "found none at"), ("mixture.json", "found no mapping")):
        with pytest.raises(ConfigError, match=rf"mixture: .*{found}"):
            preflight(config_for(corpus, search={"mixture": str(corpus / name)}))


def test_a_command_is_looked_for_before_any_work(corpus):
    for argv, found in (([], "found none"), (["no-such-program"], "found 'no-such-program'")):
        with pytest.raises(ConfigError, match=rf"search\.command\.argv: .*{found}"):
            preflight(config_for(corpus, search={"evaluator": "command", "command": {"argv": argv}}))


def test_a_target_to_maximise_must_be_one(corpus):
    asked = {"evaluator": "command", "command": {"argv": ["sh"], "maximise": ["accuracy", "t"]}}
    with pytest.raises(ConfigError, match=r"search\.command\.maximise: expected targets among t, found accuracy$"):
        preflight(config_for(corpus, search=asked))


def test_a_corpus_of_empty_files_is_said_to_be_so(corpus):
    (corpus / "empty").mkdir()
    (corpus / "empty" / "zero.parquet").touch()
    with pytest.raises(InputError, match=r"ingest\.paths, found only empty files at .*empty"):
        preflight(config_for(corpus, ingest={"paths": [str(corpus / "empty")]}))


def test_more_domains_than_documents_are_refused(corpus):
    with pytest.raises(ConfigError, match=r"domains\.count: .* 20, found 21"):
        preflight(config_for(corpus, domains={"count": 21}))


def test_a_budget_that_no_packing_could_fill_is_refused(corpus):
    with pytest.raises(ConfigError, match=r"budget_tokens within 4 epochs.* short"):
        preflight(config_for(corpus, budget_tokens=10**12))


def test_a_budget_above_the_epoch_cap_says_by_how_much(corpus):
    counted = SimpleNamespace(counts={"tokens": 10, "documents": 20, "duplicates": 0})
    with pytest.raises(ConfigError, match=r"100 tokens wanted, 10 available, 60 short"):
        check_counted(config_for(corpus), {"ingest": counted})


def test_a_budget_that_what_is_in_quarantine_would_fill_says_so(corpus):
    counts = {"tokens": 10, "documents": 20, "duplicates": 0, "quarantined": 1234.0}
    counted = SimpleNamespace(counts=counts, file=lambda name: corpus / name)
    with pytest.raises(
        ConfigError, match=r"60 short.*; 1,234 records could not be read: .*quarantine\.parquet says why"
    ):
        check_counted(config_for(corpus), {"ingest": counted})


def test_an_unknown_stage_is_refused():
    with pytest.raises(ConfigError, match="shards"):
        check_stage("materialise")


def test_a_plan_maker_needs_the_scorer_of_its_column(corpus):
    scorers = ["texture", "quality"]
    preflight(config_for(corpus, plan={"maker": "top"}, scores={"scorers": scorers}))
    with pytest.raises(ConfigError, match=r"plan\.maker: expected scorers that give perplexity, which bands reads"):
        preflight(config_for(corpus, plan={"maker": "bands"}, scores={"scorers": scorers}))
    preflight(config_for(corpus, plan={"maker": "top", "settings": {"column": "texture_damage"}}))
    with pytest.raises(ConfigError, match=r"expected scorers that give quality_raw, which top reads"):
        preflight(config_for(corpus, plan={"maker": "top", "settings": {"column": "quality_raw"}}))


def test_remote_files_are_counted_by_their_sizes(corpus, bucket, tmp_path):
    (tmp_path / "a.jsonl").write_text("x" * 5000)
    for name in ("corpus/a.jsonl", "corpus/b.jsonl.gz", "targets/news.jsonl"):
        Remote(bucket).put(tmp_path / "a.jsonl", name)
    changes = {"ingest": {"paths": [f"{bucket}/corpus"]}, "targets": {"sets": {"news": {"path": f"{bucket}/targets"}}}}
    size = preflight(config_for(corpus, **changes))
    assert (size.files, size.stored_bytes, size.text_bytes) == (2, 10_000, 30_000.0)
    assert not size.is_counted
    with pytest.raises(InputError, match=r"expected .* in targets\.sets\.news\.path, found nothing at s3://"):
        preflight(config_for(corpus, **{**changes, "targets": {"sets": {"news": {"path": f"{bucket}/gone"}}}}))
    with pytest.raises(InputError, match=r"in ingest\.paths, found nothing at s3://"):
        preflight(config_for(corpus, **{**changes, "ingest": {"paths": [f"{bucket}/gone/*.jsonl"]}}))
