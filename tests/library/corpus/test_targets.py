import json

import pytest
from pydantic import ValidationError

from mixpipe.corpus.config import TargetConfig, TargetsConfig, TextsConfig
from mixpipe.corpus.targets import TARGETS
from mixpipe.errors import InputError
from mixpipe.store.files import read_json, read_table
from mixpipe.tables import DOCUMENTS


def sets(folder, **texts):
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {}
    for name, rows in texts.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in rows))
        chosen[name] = TargetConfig(path=str(folder / f"{name}.jsonl"), weight=len(chosen) + 1)
    return TargetsConfig(sets=chosen)


def test_every_set_is_read_and_listed(build, tmp_path):
    found = build(tmp_path / "root", TARGETS, sets(tmp_path, news=["a", "b", "a", ""], law=["änd"]))
    assert read_json(found.file("targets.json")) == {
        "law": {"weight": 2.0, "documents": 1, "bytes": 4},
        "news": {"weight": 1.0, "documents": 3, "bytes": 3},
    }
    (name,) = found.names("target-news-*.parquet")
    table = read_table(found.file(name))
    assert table.schema.equals(DOCUMENTS)
    assert table["text"].to_pylist() == ["a", "b", "a"]
    assert table["duplicate"].to_pylist() == [False, False, True]
    assert set(table["source"].to_pylist()) == {"news"}
    assert read_table(found.file("quarantine.parquet"))["reason"].to_pylist() == ["empty-text"]
    assert (found.counts["documents"], found.counts["targets"]) == (4, 2)


def test_the_folder_does_not_matter_and_an_equal_set_is_taken_over(build, tmp_path):
    one = build(tmp_path / "1", TARGETS, sets(tmp_path / "x", news=["a"], law=["b"]))
    other = build(tmp_path / "2", TARGETS, sets(tmp_path / "y", news=["a"], law=["b"]))
    assert one.fingerprint == other.fingerprint
    assert [entry.sha256 for entry in one.manifest.files] == [entry.sha256 for entry in other.manifest.files]
    more = build(tmp_path / "1", TARGETS, sets(tmp_path / "z", news=["a"], law=["c"]))
    assert {entry.identity for entry in one.manifest.parts} & {entry.identity for entry in more.manifest.parts}


def test_a_missing_set_is_refused_by_name(build, tmp_path):
    chosen = TargetsConfig(sets={"news": TargetConfig(path=str(tmp_path / "gone"))})
    with pytest.raises(InputError, match=r"targets\.sets\.news\.path, found nothing at .*gone"):
        build(tmp_path, TARGETS, chosen)


@pytest.mark.parametrize("texts", [[""], [" "]])
def test_a_set_without_a_document_is_refused_by_name(build, tmp_path, texts):
    with pytest.raises(InputError, match=r"expected documents in targets\.sets\.news"):
        build(tmp_path / "root", TARGETS, sets(tmp_path, news=texts))


@pytest.mark.parametrize("name", ["", "a-b", "../x", "a b"])
def test_names_that_cannot_be_file_names_are_refused(name):
    with pytest.raises(ValidationError):
        TargetsConfig(sets={name: TargetConfig(path="x")})


def test_labelled_sets_are_read_beside_the_targets_and_must_hold_documents(build, tmp_path):
    chosen = sets(tmp_path, news=["a"], good=["b", "c"], bad=[""])
    good, bad = (TextsConfig(path=chosen.sets[name].path) for name in ("good", "bad"))
    config = TargetsConfig(sets={"news": chosen.sets["news"]}, labelled={"positive": good})
    found = build(tmp_path / "root", TARGETS, config)
    (name,) = found.names("labelled-*.parquet")
    assert name.startswith("labelled-positive-")
    assert read_table(found.file(name))["text"].to_pylist() == ["b", "c"]
    assert list(read_json(found.file("targets.json"))) == ["news"]
    with pytest.raises(InputError, match=r"expected documents in targets\.labelled\.negative"):
        build(tmp_path / "root", TARGETS, config.model_copy(update={"labelled": {"negative": bad}}))
    with pytest.raises(ValidationError, match="positive"):
        TargetsConfig(sets=chosen.sets, labelled={"neutral": good})
