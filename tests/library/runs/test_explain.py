import json
from dataclasses import replace

import numpy as np
import pytest

from mixpipe.config import RunConfig
from mixpipe.errors import InputError
from mixpipe.runs.explain import Score, _leaks, _twin_line, explain_document
from mixpipe.runs.run import load_artefacts
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.gopher import Gopher
from mixpipe.scores.leak import Leak
from mixpipe.scores.protocol import Evaluations, Sample
from mixpipe.store.files import read_table, write_arrays

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
    assert any(" drawn, " in line for line in story.lines())


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


def test_copies_are_told_by_phase_where_there_are_several(config, make_run):
    run = make_run(RunConfig.model_validate({**config.model_dump(), "plan": {"phases": 2}}))
    artefacts = load_artefacts(run.folder)
    planned = read_table(artefacts["plan"].file(artefacts["plan"].names()[0]))
    row = max(range(planned.num_rows), key=lambda place: planned["copies"][place].as_py())
    (story,) = explain_document(run.folder, planned["id"][row].as_py())
    assert story.phases == dict(zip(("phase-1", "phase-2"), planned["copies_by_phase"][row].as_py(), strict=True))
    assert any(" in phase-" in line for line in story.lines())


def test_what_leaks_is_found_again_from_what_the_scorer_learnt(tmp_path, make_run, config):
    """A sealed artefact of scores with the scorer's file in it."""
    item = " ".join(f"w{n}x" for n in range(40))
    held = Evaluations([item], np.zeros(1, np.int32), ("exam",))
    nothing = {"ids": [], "texts": [], "vectors": np.zeros((0, 2), np.float32), "domains": np.zeros(0, np.int32)}
    write_arrays(tmp_path / "leak.npz", **Leak.fit(Sample(**nothing, tokens=np.zeros(0), targets=held), ScoresConfig()))
    scores = load_artefacts(make_run(config).folder)["scores"]
    entry = scores.manifest.files[0].model_copy(update={"name": "leak.npz"})
    known = replace(scores, path=tmp_path, manifest=scores.manifest.model_copy(update={"files": (entry,)}))
    (leak,) = _leaks(known, f"Before it. {item} After it.")
    assert leak == {"start": 11, "end": 11 + len(item), "set": "exam", "text": item[:200]}


@pytest.mark.parametrize(
    ("near", "said"),
    [
        ({"near_size": 1}, ""),
        ({"near_size": 3}, "the one kept of a group of 3 near duplicates"),
        (
            {"near_size": 2, "near_twin": "ab", "near_similarity": 0.834},
            "near duplicate of ab, similarity 0.83, in a group of 2 texts",
        ),
        ({"semantic_twin": "cd", "semantic_similarity": 0.97}, "semantic duplicate of cd, cosine 0.970"),
        ({"repeated_sentences": 0.5}, "50% of its sentences stand in a better document"),
        ({"semantic_similarity": 0.4}, "cosine to the nearest of its cell 0.400"),
    ],
)
def test_twins_are_told_in_words(run, near, said):
    artefacts = load_artefacts(run.folder)
    whole = read_table(artefacts["ingest"].file(artefacts["ingest"].names()[0]), ["id"])["id"][3].as_py()
    (story,) = explain_document(run.folder, whole)
    assert _twin_line(replace(story, near=near, twin=near.get("near_twin", near.get("semantic_twin")))) == said


def test_who_stands_in_for_a_twin_that_a_rule_drops_is_told(run):
    artefacts = load_artefacts(run.folder)
    whole = read_table(artefacts["ingest"].file(artefacts["ingest"].names()[0]), ["id"])["id"][3].as_py()
    (story,) = explain_document(run.folder, whole)
    heir = replace(story, near={"semantic_twin": "cd", "semantic_similarity": 0.97}, twin=None, drop_reason=None)
    assert _twin_line(heir).endswith("kept in its place, for a rule drops that one")
    assert "in its place" not in _twin_line(replace(heir, drop_reason="leak:item"))


def test_a_rule_that_fired_is_named(run):
    (story,) = explain_document(run.folder, first_id(run))
    told = replace(story, scores={"gopher_rule": Score(1.0, None), "c4_rule": Score(0.0, None)}).lines()
    assert any(line.split() == ["gopher_rule", "1", f"gopher:{Gopher.rules[0].name}"] for line in told)
    assert any(line.split() == ["c4_rule", "0"] for line in told)


def first_id(run):
    ingest = load_artefacts(run.folder)["ingest"]
    return read_table(ingest.file(ingest.names()[0]), ["id"])["id"][3].as_py()
