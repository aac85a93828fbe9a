from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from mixpipe.duplicates import dealing, semantic_steps
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.dealing import compared
from mixpipe.duplicates.near import Near
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.semantic_steps import SEMANTIC_SCRATCH
from mixpipe.duplicates.settling import SEMANTIC, semantic_file
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.store.files import read_table
from mixpipe.store.stage import Context, Stage, StageConfig, Step
from mixpipe.tables import embeddings_schema


class Config(StageConfig):
    semantic: SemanticConfig = Field(default_factory=SemanticConfig)


def kept_steps(config: Config) -> tuple[Step, ...]:
    """The steps as the stage has them, except that the last one's files stay, to be looked at."""
    *steps, last = semantic_steps.semantic_steps(config.semantic)
    return (*steps, Step(last.name, last.plan, last.run))


STAGE = Stage("duplicates", 1, Config, ("ingest", "embed", "domains"), kept_steps, scratch=SEMANTIC_SCRATCH)


@pytest.fixture
def find(tmp_path, upstream, build, seal_tables):
    """Runs the steps over documents with a vector; returns the rows in the order of ingest, and the artefact."""

    def run(documents, cuts=(), backwards=False, **config):
        n_domains = max(document["domain"] for document in documents) + 1
        inputs = upstream(documents, cuts, [1 / n_domains] * n_domains)
        schema = embeddings_schema(len(documents[0]["embedding"]))
        edges = [0, *cuts, len(documents)]
        names = [name.removesuffix(".parquet") for name in inputs["ingest"].names()]
        rows = [{"id": document["id"], "vector": document["embedding"]} for document in documents]
        parts = {name: (schema, rows[a:b]) for name, (a, b) in zip(names, pairwise(edges), strict=True)}
        inputs["embed"] = seal_tables(tmp_path, "embed", parts, {})
        artefact = build(tmp_path, STAGE, Config(semantic=SemanticConfig(**config)), inputs, backwards=backwards)
        files = [artefact.file(semantic_file(f"{name}.parquet")) for name in names]
        return pa.concat_tables(read_table(file) for file in files).to_pylist(), artefact

    return run


@pytest.fixture
def clustered(document):
    """Documents whose vectors lie in tight groups of `size`, in two domains."""

    def make(groups, size=3, seed=0):
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((groups, 16))
        rows = np.repeat(centres, size, axis=0) + 0.01 * rng.standard_normal((groups * size, 16))
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
        return [
            document(f"{seed}/{i}", i // size % 2, tokens=100, embedding=list(row), group=i // size)
            for i, row in enumerate(rows)
        ]

    return make


@pytest.mark.parametrize("rule", ["chain", "greedy", "component"])
def test_one_of_each_group_is_kept_and_is_the_twin_of_the_others(find, clustered, rule):
    corpus = clustered(40)
    rows, artefact = find(corpus, cuts=[50], rule=rule)
    assert [row["id"] for row in rows] == [document["id"] for document in corpus]
    pairs = list(zip(corpus, rows, strict=True))
    kept = {document["group"]: row["id"] for document, row in pairs if row["semantic_twin"] is None}
    assert len(kept) == 40 == sum(row["semantic_twin"] is None for row in rows)
    for document, row in pairs:
        assert row["semantic_twin"] in (None, kept[document["group"]])
        assert row["semantic_twin"] is None or row["semantic_similarity"] > 0.96
    assert artefact.counts["semantic_duplicates"] == 80
    assert read_table(artefact.file(artefact.names("semantic-*.parquet")[0])).schema == SEMANTIC


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 119), max_size=3, unique=True), shuffle=st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_division_of_files_changes_what_is_kept(find, clustered, cuts, shuffle):
    corpus = clustered(40)
    permuted = list(corpus)
    shuffle.shuffle(permuted)
    one = {row["id"]: row for row in find(corpus, documents_per_cell=16)[0]}
    many, _ = find(permuted, cuts=sorted(cuts), documents_per_cell=16, backwards=True)
    for row in many:
        assert row["semantic_twin"] == one[row["id"]]["semantic_twin"]
        assert row["semantic_similarity"] == pytest.approx(one[row["id"]]["semantic_similarity"], abs=1e-6)


def test_a_large_domain_is_cut_into_cells_that_hold_its_groups_together(find, clustered):
    _, artefact = find(clustered(60, size=6), documents_per_cell=40)
    assert artefact.counts["cells"] == 10
    assert artefact.counts["semantic_duplicates"] >= 0.95 * 300


def test_duplicates_of_other_domains_and_exact_ones_are_not_compared(find, document):
    near = list(np.eye(4, dtype=np.float16)[0])
    corpus = [
        document("a", 0, embedding=near),
        document("b", 1, embedding=near),
        document("a", 0, embedding=near, duplicate=True),
    ]
    rows, _ = find(corpus)
    assert [(row["semantic_twin"], row["semantic_similarity"]) for row in rows] == [(None, None)] * 3


def test_a_share_to_keep_sets_the_threshold(find, clustered):
    rows, artefact = find(clustered(120, size=1), keep_share=0.75)
    assert sum(row["semantic_twin"] is None for row in rows) == pytest.approx(90, abs=1)
    assert 0 < artefact.counts["semantic_threshold"] < 0.96


def test_a_share_is_refused_where_a_threshold_alone_does_not_tell_the_duplicates():
    with pytest.raises(ValidationError, match="expected rule chain with keep_share, found greedy"):
        SemanticConfig(rule="greedy", keep_share=0.5)


def test_a_bucket_of_one_vector_is_compared_in_slabs(find, document, monkeypatch):
    monkeypatch.setattr(semantic_steps, "MOST_DOCUMENTS", 50)
    near = list(np.eye(4, dtype=np.float16)[0])
    rows, artefact = find([document(f"{i}", 0, tokens=9, embedding=near) for i in range(120)], cuts=[30])
    assert sum(row["semantic_twin"] is None for row in rows) == 3
    assert artefact.counts["slabs_not_compared"] == 2


def test_cells_do_not_depend_on_how_many_documents_are_sampled_at_once(find, clustered, monkeypatch):
    monkeypatch.setattr(dealing, "SAMPLE_DOCUMENTS", 200)
    rows, artefact = find(clustered(100), cuts=[10, 200], documents_per_cell=40)
    assert 2 < artefact.counts["cells"] <= 8
    assert len(rows) == 300


def test_near_duplicates_that_an_earlier_step_found_are_left_out(tmp_path, upstream, document):
    corpus = [document("a", 0), document("b", 0), document("c", 0)]
    inputs = upstream(corpus, (), [1.0])
    context = Context(Config(), inputs, tmp_path / "out")
    context.out.mkdir()
    name = inputs["ingest"].names()[0]
    assert compared(context, name).tolist() == [True, True, True]
    ids = sorted(corpus[i]["id"].encode() for i in (0, 1))
    twins = [b"" if own == corpus[0]["id"].encode() else corpus[0]["id"].encode() for own in ids]
    near = Near(np.array(ids, "S32"), np.array(twins, "S32"), np.ones(2, np.float32), np.full(2, 2, np.int32))
    for column, values in near._asdict().items():
        np.save(context.out / f"near-{column}.npy", values)
    assert compared(context, name).tolist() == [True, False, True]


def test_an_exact_copy_has_what_its_text_has(find, clustered):
    corpus = clustered(10)
    copies = [{**corpus[row], "duplicate": True} for row in (0, 1, 2, 17)]
    rows, _ = find([*corpus, *copies], cuts=[30, 32])
    assert sum(row["semantic_twin"] is not None for row in rows[30:33]) == 2
    assert rows[30:] == [rows[0], rows[1], rows[2], rows[17]]


def test_switched_off_there_are_no_steps():
    assert semantic_steps.semantic_steps(SemanticConfig(enabled=False)) == ()


def test_the_stage_writes_both_kinds_of_twins(tmp_path, upstream, build, seal_tables, document):
    words = " ".join(f"word{i}" for i in range(60))
    texts = [words, words + " end", "quite another text of the same length " * 8, "nothing of the sort"]
    axes = np.eye(4, dtype=np.float16)[[0, 0, 0, 1]]
    corpus = [document(text, 0, tokens=60) for text in texts]
    inputs = upstream(corpus, (), [1.0])
    rows = [{"id": made["id"], "vector": axis} for made, axis in zip(corpus, axes, strict=True)]
    name = inputs["ingest"].names()[0]
    inputs["embed"] = seal_tables(tmp_path, "embed", {name.removesuffix(".parquet"): (embeddings_schema(4), rows)}, {})
    marks = read_table(build(tmp_path, DUPLICATES, DuplicatesConfig(), inputs).file(name)).to_pylist()
    assert sum(mark["near_twin"] is not None for mark in marks[:2]) == 1
    dropped = [mark for mark in marks if mark["near_twin"] or mark["semantic_twin"]]
    assert len(dropped) == 2 and all(mark["near_twin"] is None or mark["semantic_twin"] is None for mark in dropped)
    off = DuplicatesConfig(semantic=SemanticConfig(enabled=False))
    marks = read_table(build(tmp_path, DUPLICATES, off, inputs).file(name)).to_pylist()
    assert {mark["semantic_twin"] for mark in marks} == {mark["semantic_similarity"] for mark in marks} == {None}
