import numpy as np
import pyarrow as pa
import pytest

from mixpipe.plan import diversity
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.stage import PLAN
from mixpipe.store.files import read_json, read_table
from mixpipe.tables import embeddings_schema

AXES = np.eye(4, dtype=np.float16)


@pytest.fixture
def measured(tmp_path, upstream, build, seal_tables):
    """Plans documents with vectors; returns `diversity.json` and the copies."""

    def run(documents, weights, cuts=(), backwards=False, **config):
        inputs = upstream(documents, cuts, weights)
        edges = [0, *cuts, len(documents)]
        names = [name.removesuffix(".parquet") for name in inputs["ingest"].names()]
        rows = [{"id": document["id"], "vector": document["embedding"]} for document in documents]
        parts = {
            name: (embeddings_schema(4), rows[a:b]) for name, a, b in zip(names, edges[:-1], edges[1:], strict=True)
        }
        inputs["embed"] = seal_tables(tmp_path, "embed", parts, {})
        plan = build(tmp_path, PLAN, PlanConfig(**config), inputs, backwards=backwards)
        copies = pa.concat_tables(read_table(plan.file(name), ["copies"]) for name in plan.names())
        return read_json(plan.file("diversity.json")), copies["copies"].to_numpy()

    return run


def test_the_plan_is_weighted_by_copies_and_the_corpus_is_not(measured, document):
    """Four directions in domain 0, one in domain 1, which the mixture leaves out."""
    corpus = [document(f"a{i}", 0, tokens=10, embedding=AXES[i % 4]) for i in range(8)]
    corpus += [document(f"b{i}", 1, tokens=10, embedding=AXES[0]) for i in range(8)]
    record, copies = measured(corpus, [1.0, 0.0], cuts=[5], budget_tokens=160, maker="domains")
    assert copies.tolist() == [2] * 8 + [0] * 8
    assert record["sample"] == 16
    shares = np.array([10, 2, 2, 2]) / 16
    assert record["corpus"]["vendi"] == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert record["plan"]["vendi"] == pytest.approx(4)
    assert record["plan"]["coding_rate"] == pytest.approx(2 * np.log(3))
    assert [row["domain"] for row in record["domains"]] == [0, 1]
    assert record["domains"][0]["corpus"] == pytest.approx(record["domains"][0]["plan"])
    one = {"vendi": 1, "vendi_centred": 1, "coding_rate": np.log(9) / 2, "matrix_entropy": 0}
    assert record["domains"][1] == {"domain": 1, "corpus": pytest.approx(one), "plan": None}


def test_dropped_documents_are_in_neither(measured, document):
    corpus = [document(f"{i}", 0, tokens=10, embedding=AXES[i % 2]) for i in range(4)]
    corpus += [document("bad", 0, tokens=10, embedding=AXES[3], drop_reason="c4")]
    record, _ = measured(corpus, [1.0], budget_tokens=40)
    assert record["sample"] == 4
    assert record["corpus"]["vendi"] == pytest.approx(2)


@pytest.mark.parametrize("maker", ["tilt", "mig", "quadmix"])
def test_a_part_may_be_empty(measured, document, maker):
    corpus = [document(f"{i}", 0, tokens=10, embedding=AXES[i % 2]) for i in range(6)]
    record, copies = measured(corpus, [1.0], cuts=[0, 3, 3], budget_tokens=60, maker=maker, max_epochs=8)
    assert (record["sample"], copies.sum()) == (6, 6)


def test_a_large_corpus_is_sampled_the_same_way_however_it_is_divided(measured, document, monkeypatch):
    monkeypatch.setattr(diversity, "SAMPLE_DOCUMENTS", 60)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 4))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    corpus = [document(f"{i}", i % 2, tokens=10, embedding=row) for i, row in enumerate(rows)]
    one, _ = measured(corpus, [0.5, 0.5], budget_tokens=1500)
    order = rng.permutation(300)
    many, _ = measured([corpus[i] for i in order], [0.5, 0.5], cuts=[40, 200], budget_tokens=1500, backwards=True)
    assert 30 < one["sample"] <= 60
    assert one["corpus"] == pytest.approx(many["corpus"])
    assert one["domains"][1]["plan"] == pytest.approx(many["domains"][1]["plan"])
