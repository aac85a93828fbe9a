import json

import pytest

from mixpipe.errors import InputError
from mixpipe.runs.explain import explain_document
from mixpipe.runs.run import load_artefacts
from mixpipe.store.files import read_table

DROPPED, REASON = 5, "gopher:too-few-words"


@pytest.fixture
def upstream_of(upstream, documents):
    rows = documents(150)
    rows[DROPPED]["drop_reason"] = REASON
    return upstream(rows, (70,), (0.5, 0.3, 0.2))


@pytest.fixture
def run(config, make_run):
    return make_run(config)


def test_the_story_of_every_document_agrees_with_the_tables(run):
    artefacts = load_artefacts(run.folder)
    name = artefacts["ingest"].names()[0]
    documents = read_table(artefacts["ingest"].file(name))
    planned = read_table(artefacts["plan"].file(name))
    row = max(range(planned.num_rows), key=lambda place: planned["copies"][place].as_py())
    (story,) = explain_document(run.folder, documents["id"][row].as_py())
    assert story.copies == planned["copies"][row].as_py() > 0
    assert len(story.rows) == story.copies
    assert story.n_tokens == documents["n_tokens"][row].as_py()
    assert story.domain["name"]
    for place in story.rows:
        shard, _, number = place.rpartition(", row ")
        assert read_table(artefacts["shards"].file(shard), ["id"])["id"][int(number)].as_py() == story.id
    assert json.dumps(story.as_json())
    assert any("copies drawn" in line for line in story.lines())


def test_a_dropped_document_says_why_and_has_no_rows(run):
    artefacts = load_artefacts(run.folder)
    table = read_table(artefacts["scores"].file(artefacts["scores"].names()[0]))
    assert table["drop_reason"][DROPPED].as_py() == REASON
    (story,) = explain_document(run.folder, table["id"][DROPPED].as_py())
    assert story.drop_reason == REASON
    assert story.copies == 0
    assert story.rows == ()
    assert any(line.endswith(f"dropped: {REASON}") for line in story.lines())


def test_the_beginning_of_an_id_is_enough_and_an_unknown_one_is_refused(run):
    artefacts = load_artefacts(run.folder)
    whole = read_table(artefacts["ingest"].file(artefacts["ingest"].names()[0]), ["id"])["id"][3].as_py()
    assert explain_document(run.folder, whole[:12].upper())[0].id == whole
    with pytest.raises(InputError, match="zzzz-nothing"):
        explain_document(run.folder, "zzzz-nothing")


def test_before_the_plan_there_are_no_copies(config, make_run):
    run = make_run(config, until="search")
    artefacts = load_artefacts(run.folder)
    whole = read_table(artefacts["ingest"].file(artefacts["ingest"].names()[0]), ["id"])["id"][0].as_py()
    (story, *_) = explain_document(run.folder, whole)
    assert story.copies is None
    assert story.rows == ()
