import json
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.embed.config import EmbedConfig
from mixpipe.embed.stage import EMBED
from mixpipe.errors import ConfigError, StageError
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import write_table
from mixpipe.store.fingerprint import file_digest, text_id
from mixpipe.store.seal import seal
from mixpipe.store.stage import Part, Stage, StageConfig, Step
from mixpipe.tables import DOCUMENTS

GIVEN = pa.schema([DOCUMENTS.field("id"), pa.field("vector", pa.list_(pa.float32()), nullable=False)])


def build(root, stage, config, inputs, *, backwards=False):
    job = open_stage(root, stage, config, inputs)
    if isinstance(job, Artefact):
        return job
    for step in job.steps:
        parts = job.pending(step, job.plan(step))
        for part in reversed(parts) if backwards else parts:
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


class Content(StageConfig):
    content: str


def write(tables, context, part):
    schema, rows = tables[part.name]
    write_table(context.out / f"{part.name}.parquet", pa.Table.from_pylist(rows, schema=schema), schema)
    return {}


def upstream(root, name, tables):
    """Seal tables, by part name a schema and rows, as the artefact of a stage."""

    def plan(context):
        return [Part(table, {}, {"rows": str(rows)}) for table, (_, rows) in sorted(tables.items())]

    stage = Stage(name, 1, Content, (), lambda config: (Step("write", plan, partial(write, tables)),))
    return build(root, stage, Content(content=str(tables)), {})


def documents(texts):
    rows = [
        {"id": text_id(t), "text": t, "source": "s", "n_bytes": len(t), "n_tokens": 1, "duplicate": False, "meta": "{}"}
        for t in texts
    ]
    return DOCUMENTS, rows


@pytest.fixture
def inputs(tmp_path, texts):
    parts = {"part-00000-of-00002": documents(texts[:10]), "part-00001-of-00002": documents(["", *texts[10:]])}
    targets = {"target-news-00000": documents(texts[:3])}
    return {"ingest": upstream(tmp_path, "ingest", parts), "targets": upstream(tmp_path, "targets", targets)}


def hashes(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def vectors_of(artefact, name):
    column = pq.read_table(artefact.file(name))["vector"].combine_chunks()
    return column.flatten().to_numpy().reshape(len(column), -1).astype(np.float32)


def test_rows_follow_the_documents_and_the_targets(tmp_path, inputs, model, sentence, texts):
    artefact = build(tmp_path, EMBED, EmbedConfig(max_tokens=256, dtype="float32", device="cpu"), inputs)
    assert artefact.counts == {"documents": 25, "target_documents": 3}
    expected = sentence.encode(["", *texts[10:]])
    np.testing.assert_allclose(vectors_of(artefact, "part-00001-of-00002.parquet"), expected, atol=1e-3)
    for stage, name in (("ingest", "part-00000-of-00002.parquet"), ("targets", "target-news-00000.parquet")):
        ids = pq.read_table(artefact.file(name))["id"]
        assert ids.equals(pq.read_table(inputs[stage].file(name))["id"])
    record = json.loads(artefact.file("encoder.json").read_text())
    assert (record["encoder"], record["dtype"], record["dimensions"]) == ("sentence", "float32", 384)
    assert artefact.damage() == []


def test_the_order_of_parts_does_not_matter(tmp_path, inputs, model):
    config = EmbedConfig(max_tokens=16)
    there = build(tmp_path / "a", EMBED, config, inputs)
    back = build(tmp_path / "b", EMBED, config, inputs, backwards=True)
    assert hashes(there) == hashes(back)


def test_parts_are_taken_over_when_the_corpus_grows(tmp_path, inputs, model, texts):
    config = EmbedConfig(max_tokens=16)
    before = build(tmp_path, EMBED, config, inputs)
    grown = {f"part-0000{i}-of-00003": documents(texts[i * 10 : i * 10 + 10]) for i in range(3)}
    job = open_stage(tmp_path, EMBED, config, {**inputs, "ingest": upstream(tmp_path, "ingest", grown)})
    (step,) = job.steps
    pending = job.pending(step, job.plan(step))
    assert [part.name for part in pending] == ["part-00001-of-00003", "part-00002-of-00003"]
    assert file_digest(job.context.out / "part-00000-of-00003.parquet") == before.digest("part-00000-of-00002.parquet")


@pytest.mark.parametrize("changed", [{"max_tokens": 9}, {"dtype": "float32"}])
def test_settings_that_decide_vectors_are_identity(tmp_path, inputs, model, changed):
    settings = {"max_tokens": 8, "dtype": "bfloat16", **changed}
    one = open_stage(tmp_path, EMBED, EmbedConfig(max_tokens=8, dtype="bfloat16"), inputs)
    two = open_stage(tmp_path, EMBED, EmbedConfig(**settings), inputs)
    assert one.fingerprint != two.fingerprint
    first, second = (job.reuse_key(job.plan(job.steps[0])[0]) for job in (one, two))
    assert first != second


def test_the_device_is_no_identity(tmp_path, inputs, model):
    configs = [EmbedConfig(dtype="float32", device=device) for device in ("cpu", "cuda", None)]
    assert len({open_stage(tmp_path, EMBED, config, inputs).fingerprint for config in configs}) == 1


def test_the_folder_of_the_model_is_no_identity(tmp_path, inputs, model):
    sealed = []
    for place in ("here", "there"):
        (tmp_path / place).symlink_to(model)
        sealed.append(
            build(tmp_path / f"{place}-root", EMBED, EmbedConfig(model=str(tmp_path / place), max_tokens=8), inputs)
        )
    assert sealed[0].fingerprint == sealed[1].fingerprint
    assert hashes(sealed[0]) == hashes(sealed[1])


def test_given_vectors_are_normalised_and_need_no_model(tmp_path, inputs, texts):
    part = documents(texts[:2])
    given = [{"id": text_id(text), "vector": [3.0 * i, 4.0]} for i, text in enumerate(texts[:2])]
    tables = {"part-00000-of-00001": part, "given-00000-of-00001": (GIVEN, given)}
    config = EmbedConfig(model="/nowhere/at/all")
    artefact = build(tmp_path, EMBED, config, {**inputs, "ingest": upstream(tmp_path, "ingest", tables)})
    np.testing.assert_allclose(vectors_of(artefact, "part-00000-of-00001.parquet"), [[0, 1], [0.6, 0.8]], atol=1e-3)
    assert json.loads(artefact.file("encoder.json").read_text()) == {"dimensions": 2, "encoder": "given"}


def test_a_missing_model_stops_before_any_work(tmp_path, inputs):
    job = open_stage(tmp_path, EMBED, EmbedConfig(model="/nowhere/at/all"), inputs)
    with pytest.raises(ConfigError, match="nowhere"):
        job.plan(job.steps[0])


def test_an_unknown_encoder_lists_the_known_ones(tmp_path, inputs):
    job = open_stage(tmp_path, EMBED, EmbedConfig(encoder="word2vec"), inputs)
    with pytest.raises(ConfigError, match="sentence, static"):
        job.plan(job.steps[0])


def test_other_weights_than_planned_are_refused(tmp_path, inputs, model):
    job = open_stage(tmp_path, EMBED, EmbedConfig(max_tokens=8), inputs)
    part = job.plan(job.steps[0])[0]
    other = Part(part.name, {**part.spec, "digest": "0" * 32}, part.identity)
    with pytest.raises(StageError, match="same model"):
        run_part(job, job.steps[0], other)


def test_of_a_large_target_the_same_64_texts_are_encoded_in_any_order(tmp_path, model, texts):
    many = [f"a held-out text, number {number}" for number in range(100)]
    found = []
    for order in (many, many[::-1]):
        root = tmp_path / str(len(found))
        targets = upstream(root, "targets", {"target-news-00000": documents(order)})
        ingest = upstream(root, "ingest", {"part-00000-of-00001": documents(texts[:2])})
        artefact = build(root, EMBED, EmbedConfig(max_tokens=8), {"ingest": ingest, "targets": targets})
        found.append(pq.read_table(artefact.file("target-news-00000.parquet"))["id"].to_pylist())
    assert len(found[0]) == 64
    assert found[0] == found[1][::-1]


def test_labelled_texts_are_encoded_like_documents(tmp_path, inputs, model, sentence, texts):
    more = {"target-news-00000": documents(texts[:3]), "labelled-positive-00000": documents(texts[5:])}
    targets = upstream(tmp_path, "targets", more)
    config = EmbedConfig(max_tokens=256, dtype="float32", device="cpu")
    artefact = build(tmp_path, EMBED, config, {**inputs, "targets": targets})
    assert artefact.counts == {"documents": 25, "target_documents": 3, "labelled_documents": len(texts) - 5}
    found = vectors_of(artefact, "labelled-positive-00000.parquet")
    np.testing.assert_allclose(found, sentence.encode(texts[5:]), atol=1e-3)


def test_a_label_takes_over_no_target_of_the_same_texts(tmp_path, model, texts):
    many = documents([f"a good text, number {number}" for number in range(100)])
    ingest = upstream(tmp_path, "ingest", {"part-00000-of-00001": documents(texts[:2])})
    held_out = {"target-positive-00000": many}
    for tables in (held_out, {**held_out, "labelled-positive-00000": many}):
        targets = upstream(tmp_path, "targets", tables)
        artefact = build(tmp_path, EMBED, EmbedConfig(max_tokens=8), {"ingest": ingest, "targets": targets})
    assert artefact.counts == {"documents": 2, "target_documents": 64, "labelled_documents": 100}
