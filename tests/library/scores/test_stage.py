"""The stage over tiny sealed artefacts: alignment, reasons, determinism, take-over, refusals."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError, InputError, StageError
from mixpipe.personal_data import masked
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.quality import Quality
from mixpipe.scores.stage import SCORES
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table, write_json, write_table
from mixpipe.store.fingerprint import text_id
from mixpipe.store.seal import seal
from mixpipe.store.stage import Part, Stage, StageConfig, Step
from mixpipe.tables import ASSIGNMENTS, DOCUMENTS, DOMAINS, TWINS, embeddings_schema

DIMENSIONS = 8
# The targets are documents of the corpus, which as leaks would be dropped.
PLAIN = ScoresConfig(drop=("duplicate", "near-duplicate"))
ENCODER = {"encoder": "made", "dtype": "float32"}


class Content(StageConfig):
    key: str
    threshold: float = 0.7  # of near duplicates


def texts_of(count):
    """Return texts of two kinds, the last tenth of them copies of the first."""
    fresh = count - count // 10
    texts = [f"the {n}th cat sat on the mat and was seen by dog number {n * n}.\nthen it slept." for n in range(fresh)]
    texts[1::3] = [f"def f{n}(x):\n    return {{x: {n}}} or 'none'\n" for n in range(len(texts[1::3]))]
    return texts + texts[: count // 10]


def tables_of(texts, parts):
    """Return the tables of every upstream stage, by stage and file name."""
    rng = np.random.default_rng(0)
    vectors = {text: rng.normal(size=DIMENSIONS) for text in dict.fromkeys(texts)}
    rows, seen = [], set()
    for n, text in enumerate(texts):
        vector = vectors[text] / np.linalg.norm(vectors[text])
        row = {"id": text_id(text), "text": text, "source": f"s{n % 2}", "n_bytes": len(text.encode()), "meta": "{}"}
        row |= {"n_tokens": len(text.split()), "duplicate": text in seen, "domain": int(text.startswith("def"))}
        seen.add(text)
        rows.append({**row, "distance": 0.1, "vector": vector.astype(np.float16), "near_size": 1, "rank": n})
    size = -(-len(rows) // parts)
    schemas = {"ingest": DOCUMENTS, "embed": embeddings_schema(DIMENSIONS), "domains": ASSIGNMENTS, "duplicates": TWINS}
    tables = {stage: {} for stage in (*schemas, "targets")}
    for part in range(parts):
        for stage, schema in schemas.items():
            mine = rows[part * size : (part + 1) * size]
            tables[stage][f"part-{part:05d}-of-{parts:05d}"] = pa.Table.from_pylist(mine, schema=schema)
    for stage, schema in (("targets", DOCUMENTS), ("embed", schemas["embed"])):
        tables[stage]["target-cats-00000"] = pa.Table.from_pylist(rows[:6], schema=schema)
    numbers = dict.fromkeys(("share", "compactness", "separation", "x", "y"), 0.0)
    lists = {"terms": [], "medoids": [], "examples": []}
    domains = [{"domain": d, "name": f"d{d}", "documents": 1, "tokens": 1, **numbers, **lists} for d in range(2)]
    tables["domains"]["domains"] = pa.Table.from_pylist(domains, schema=DOMAINS)
    return tables


def sealed(root, name, tables, records):
    """Seal an artefact of ready tables."""

    def run(context, part):
        write_table(context.out / f"{part.name}.parquet", tables[part.name], tables[part.name].schema)
        return {}

    def finish(context):
        for file, record in records.items():
            write_json(context.out / file, record)
        return {}

    def plan(context):
        return [Part(table, {}, {"key": context.config.key, "name": table}) for table in tables]

    stage = Stage(name, 1, Content, (), lambda _: (Step("write", plan, run, finish),))
    return build(root, stage, Content(key=str([table.to_pylist() for table in tables.values()])), {})


def build(root, stage, config, inputs, *, backwards=False):
    """Build a stage in this process; return the artefact."""
    job = open_stage(root, stage, config, inputs)
    for step in job.steps:
        parts = job.pending(step, job.plan(step))
        for part in reversed(parts) if backwards else parts:
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


def seal_inputs(root, texts, parts):
    tables = tables_of(texts, parts)
    sources = {f"s{n}": {"documents": len(texts[n::2]), "duplicates": 0} for n in range(2)}
    records = {"ingest": {"sources.json": sources}, "embed": {"encoder.json": ENCODER}}
    return {stage: sealed(root, stage, tables[stage], records.get(stage, {})) for stage in tables}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return seal_inputs(tmp_path_factory.mktemp("inputs"), texts_of(120), 3)


@pytest.fixture(scope="module")
def scores(tmp_path_factory, inputs):
    """Seal the stage once, under its defaults."""
    return build(tmp_path_factory.mktemp("scores"), SCORES, PLAIN, inputs)


def scores_of(artefact):
    return pa.concat_tables([read_table(artefact.file(name)) for name in artefact.names()])


def digests(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def test_rows_are_aligned_with_the_documents(scores, inputs):
    assert scores.names() == inputs["ingest"].names()
    for name in scores.names():
        ids = read_table(inputs["ingest"].file(name), ["id"]).column("id")
        assert read_table(scores.file(name)).column("id").equals(ids)
    assert scores.counts["documents"] == 120


def test_columns_are_finite_and_quality_lies_in_the_unit_interval(scores):
    table = scores_of(scores)
    for field in table.schema:
        if field.type == pa.float32():
            assert np.isfinite(table.column(field.name).to_numpy()).all(), field.name
    quality = table.column("quality").to_numpy()
    assert 0 <= quality.min() < 0.1 < 0.9 < quality.max() <= 1


def test_duplicates_name_their_twin_and_are_counted_by_source(scores):
    table = scores_of(scores)
    dropped = [row for row in table.select(["id", "drop_reason", "twin_id"]).to_pylist() if row["drop_reason"]]
    assert len(dropped) == 12
    assert all(row["drop_reason"] == "duplicate" and row["twin_id"] == row["id"] for row in dropped)
    assert read_json(scores.file("removals.json")) == {"s0": {"duplicate": 6}, "s1": {"duplicate": 6}}
    assert scores.counts["dropped"] == scores.counts["dropped_duplicate"] == 12


def test_near_and_semantic_twins_are_named_and_drop_where_asked(tmp_path, inputs):
    tables = tables_of(texts_of(120), 1)["duplicates"]
    rows = tables["part-00000-of-00001"].to_pylist()
    rows[0]["near_twin"] = rows[118]["near_twin"] = rows[1]["id"]
    rows[0]["semantic_twin"] = rows[2]["semantic_twin"] = rows[3]["id"]
    split = [pa.Table.from_pylist(rows[at : at + 40], schema=TWINS) for at in range(0, 120, 40)]
    marked = sealed(tmp_path, "duplicates", {f"part-{n:05d}-of-00003": table for n, table in enumerate(split)}, {})
    table = scores_of(build(tmp_path, SCORES, PLAIN, {**inputs, "duplicates": marked}))
    reasons, twins = table.column("drop_reason").to_pylist(), table.column("twin_id").to_pylist()
    assert [reasons[row] for row in (0, 1, 2, 118)] == ["near-duplicate", None, None, "duplicate"]
    assert [twins[row] for row in (0, 1, 2, 118)] == [rows[1]["id"], None, rows[3]["id"], rows[118]["id"]]
    every = ScoresConfig(drop=("semantic-duplicate", "near-duplicate", "duplicate"))
    reasons = (
        scores_of(build(tmp_path, SCORES, every, {**inputs, "duplicates": marked})).column("drop_reason").to_pylist()
    )
    assert [reasons[row] for row in (0, 2, 118)] == ["semantic-duplicate", "semantic-duplicate", "near-duplicate"]


def sentences_of(number, count):
    return " ".join(f"Sentence {n} of document {number} says something of its own {number * n}." for n in range(count))


@pytest.fixture(scope="module")
def repeating(tmp_path_factory):
    """Return inputs of which rows 1 to 3 repeat sentences of row 0, which has a brace; row 4 is like row 3, 5 row 3."""
    common = sentences_of(0, 3)
    texts = [f"{common} {{ {sentences_of(9, 3)}", *(f"{common} {sentences_of(n, 1)}" for n in (1, 2))]
    texts += [f"{common} {sentences_of(3, 2)}", f"{common} {sentences_of(3, 2)} And so on."]
    texts += [texts[3], *(sentences_of(n, 4) for n in range(10, 30))]
    tables = tables_of(texts, 3)
    name = sorted(tables["duplicates"])[0]
    rows = tables["duplicates"][name].to_pylist()
    rows[4] |= {"near_twin": rows[3]["id"], "near_similarity": 0.9, "near_size": 2}
    root = tmp_path_factory.mktemp("repeating")
    marked = {**tables["duplicates"], name: pa.Table.from_pylist(rows, schema=TWINS)}
    return {**seal_inputs(root, texts, 3), "duplicates": sealed(root, "duplicates", marked, {})}


SENTENCES = {"sentences": {"enabled": True, "keys_at_once": 7}}


def test_repeated_sentences_drop_where_asked_from_three_quarters(tmp_path, repeating):
    """Three of four sentences are enough, three of five are not (MixtureVitae); copies repeat nothing."""
    drop = ("duplicate", "near-duplicate", "repeated-sentences")
    found = build(tmp_path, SCORES, ScoresConfig(drop=drop, **SENTENCES), repeating)
    table = scores_of(found)
    assert table["repeated_sentences"].to_pylist()[:6] == pytest.approx([0, 3 / 4, 3 / 4, 3 / 5, 0, 0])
    reasons = [None, "repeated-sentences", "repeated-sentences", None, "near-duplicate", "duplicate"]
    assert table["drop_reason"].to_pylist()[:6] == reasons
    assert not found.names("sentences-*") + found.names("repeats-*")
    plain = scores_of(build(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, **SENTENCES), repeating))
    assert plain["drop_reason"].to_pylist()[:6] == [*[None] * 4, *reasons[4:]]


def test_what_a_rule_drops_owns_no_sentence(tmp_path, repeating):
    """Rows 1 and 2 were both lost for the sake of row 0; the better of them is kept, and owns the sentences."""
    drop = ("repeated-sentences", "duplicate", "near-duplicate", "c4:curly-brace")
    config = ScoresConfig(drop=drop, **SENTENCES)
    found = build(tmp_path, SCORES, config, repeating)
    table = scores_of(found)
    assert table["drop_reason"].to_pylist()[:3] == ["c4:curly-brace", None, "repeated-sentences"]
    assert table["repeated_sentences"].to_pylist()[:3] == pytest.approx([0, 0, 3 / 4])
    assert digests(build(tmp_path / "afresh", SCORES, config, repeating, backwards=True)) == digests(found)


def test_held_out_texts_are_masked_where_the_corpus_is(tmp_path):
    """The target's n-grams all hold an address: as they are, they meet no document whose addresses are masked."""
    item = " ".join(f"w{n}x {f'at{n}@example.org' if n % 6 == 0 else ''}" for n in range(40))
    leaking = f"Before it. {masked(item).text} And after it."
    texts = [item, *(" ".join(f"v{n}v{m}" for m in range(30)) for n in range(40)), leaking]
    found = seal_inputs(tmp_path, texts, 2)
    identity = found["ingest"].manifest.identity
    config = {**identity["config"], "mask": True}
    manifest = found["ingest"].manifest.model_copy(update={"identity": {**identity, "config": config}})
    both = {**found, "ingest": replace(found["ingest"], manifest=manifest)}
    reasons = [
        scores_of(build(tmp_path / key, SCORES, ScoresConfig(), each))["drop_reason"].to_pylist()[-1]
        for key, each in (("as-is", found), ("masked", both))
    ]
    assert reasons == [None, "leak:item"]


def test_another_drop_scores_nothing_again(tmp_path, inputs):
    build(tmp_path, SCORES, PLAIN, inputs)
    config = ScoresConfig(drop=("c4",))
    job = open_stage(tmp_path, SCORES, config, inputs)
    pending = {}
    for step in job.steps:
        pending[step.name] = job.pending(step, job.plan(step))
        for part in pending[step.name]:
            run_part(job, step, part)
        finish_step(job, step)
    assert (pending["score"], len(pending["decide"])) == ([], 3)
    assert digests(seal(job)) == digests(build(tmp_path / "afresh", SCORES, config, inputs))


def test_who_was_dropped_for_what_a_rule_drops_is_kept_instead(tmp_path, inputs):
    """Rows 1, 4 and 7 break a rule of c4, rows 0, 2, 3, 5, 6 and 8 do not."""
    rows = tables_of(texts_of(120), 1)["duplicates"]["part-00000-of-00001"].to_pylist()
    for row, similarity in ((0, 0.9), (2, 0.8), (3, 0.79), (4, 0.99), (108, 0.9)):
        rows[row] |= {"near_twin": rows[1]["id"], "near_similarity": similarity}
    for row in (5, 6):
        rows[row] |= {"semantic_twin": rows[7]["id"], "semantic_similarity": 0.97, "rank": 100 - row}
    rows[8] |= {"semantic_twin": rows[9]["id"], "semantic_similarity": 0.97}
    split = [pa.Table.from_pylist(rows[at : at + 40], schema=TWINS) for at in range(0, 120, 40)]
    marked = sealed(tmp_path, "duplicates", {f"part-{n:05d}-of-00003": table for n, table in enumerate(split)}, {})
    config = ScoresConfig(drop=("duplicate", "near-duplicate", "semantic-duplicate", "c4:curly-brace"))
    found = build(tmp_path, SCORES, config, {**inputs, "duplicates": marked})
    table = scores_of(found)
    fates = list(zip(table["drop_reason"].to_pylist(), table["twin_id"].to_pylist(), strict=True))
    ids = [row["id"] for row in rows]
    assert fates[0] == (None, None)  # the best of those whose twin is gone
    assert fates[2] == ("near-duplicate", ids[0])  # sure to be as similar as asked: .9 + .8 - 1
    assert fates[3] == (None, None)  # not sure: .9 + .79 - 1
    assert fates[1] == fates[4] == fates[7] == ("c4:curly-brace", None)
    assert (fates[6], fates[5]) == ((None, None), ("semantic-duplicate", ids[6]))
    assert fates[8] == ("semantic-duplicate", ids[9])
    assert ids[108] == ids[0] and fates[108] == ("duplicate", ids[0])
    assert found.counts["kept_for_a_twin_dropped"] == 3
    again = build(tmp_path / "backwards", SCORES, config, {**inputs, "duplicates": marked}, backwards=True)
    assert digests(again) == digests(found)


def test_configured_rules_drop(tmp_path, inputs):
    config = ScoresConfig(drop=("duplicate", "c4:curly-brace", "gopher:too-few-words"))
    table = scores_of(build(tmp_path, SCORES, config, inputs))
    reasons = table.column("drop_reason").to_pylist()
    assert {"duplicate", "c4:curly-brace", "gopher:too-few-words"} <= set(reasons)
    assert None not in reasons


def test_unknown_reason_is_refused_before_any_work(tmp_path, inputs):
    with pytest.raises(ConfigError, match="gopher:nosuch"):
        build(tmp_path, SCORES, ScoresConfig(drop=("gopher:nosuch",)), inputs)


def test_summary_counts_every_document_once(scores):
    summary = read_json(scores.file("scores.json"))
    for column in summary["columns"].values():
        assert sum(domain["count"] for domain in column["domains"].values()) == 120
        assert sum(sum(domain["histogram"]) for domain in column["domains"].values()) == 120
    assert summary["rules"]["c4"] == ["lorem-ipsum", "curly-brace", "too-few-sentences"]


def test_every_document_has_one_origin(scores):
    """Sources take turns and every third text is code: neither tells the other."""
    found = read_json(scores.file("origins.json"))
    assert np.array(list(found["sources"].values())).sum(axis=1).tolist() == [60, 60]
    assert abs(found["association"]) < 0.05


def test_examples_lie_at_the_percentiles_and_show_what_was_dropped(scores, inputs):
    found = read_json(scores.file("examples.json"))
    table = scores_of(scores)
    kept = {row["id"]: row for row in table.to_pylist()}
    assert {"quality", "quality_rank", "perplexity"} <= set(found["percentiles"])
    assert "gopher_words" not in found["percentiles"]
    for column, shown in found["percentiles"].items():
        assert list(shown) == ["1", "50", "99"]
        values = [shown[percentile]["value"] for percentile in shown]
        assert values == sorted(values)
        assert all(kept[example["id"]][column] == example["value"] for example in shown.values())
    (reason, examples), *others = found["dropped"].items()
    assert (reason, len(examples), others) == ("duplicate", 3, [])
    assert all(example["twin"] is None and text_id(example["text"]) == example["id"] for example in examples)


def test_what_leaks_is_shown_with_its_stretch_and_counted_by_set(tmp_path):
    """The first six documents are the targets, three of each source; the last holds the first one."""
    item = " ".join(f"w{n}x" for n in range(40))
    texts = [item, *(" ".join(f"v{n}v{m}" for m in range(30)) for n in range(40)), f"Before it. {item} And after it."]
    found = build(tmp_path, SCORES, ScoresConfig(), seal_inputs(tmp_path, texts, 2))
    sets = read_json(found.file("scores.json"))["facts"]["leak"]
    assert {name: facts["flagged"]["item"] for name, facts in sets.items()} == {"s0": 4, "s1": 3}
    shown = read_json(found.file("examples.json"))["dropped"]["leak:item"]
    assert len(shown) == 3
    for example in shown:
        (span,) = example["spans"]
        assert span["set"] in sets
        assert span["text"] == example["text"][span["start"] : span["end"]]


def test_order_of_parts_does_not_matter(tmp_path, inputs, scores):
    assert digests(build(tmp_path, SCORES, PLAIN, inputs, backwards=True)) == digests(scores)


def test_size_of_parts_does_not_matter(tmp_path, scores):
    other = seal_inputs(tmp_path, texts_of(120), 7)
    second = scores_of(build(tmp_path, SCORES, PLAIN, other)).to_pydict()
    for name, values in scores_of(scores).to_pydict().items():
        assert values == (pytest.approx(second[name], rel=1e-5) if isinstance(values[0], float) else second[name])


def test_frozen_scorers_leave_old_parts_as_they_are(tmp_path, inputs):
    first = build(tmp_path, SCORES, PLAIN, inputs)
    job = open_stage(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=str(first.path)), inputs)
    for step in job.steps:
        assert job.pending(step, job.plan(step)) == []
        finish_step(job, step)
    assert digests(seal(job)) == digests(first)


def test_frozen_scorers_judge_new_documents_alike(tmp_path, scores):
    other = seal_inputs(tmp_path, texts_of(120)[:100], 2)
    judged = build(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=str(scores.path)), other)
    assert scores_of(judged).column("quality").to_pylist() == scores_of(scores).column("quality").to_pylist()[:100]


def test_scorers_of_another_version_are_refused(tmp_path, inputs, scores, monkeypatch):
    monkeypatch.setattr(Quality, "columns", (*Quality.columns, "quality_of_tomorrow"))
    with pytest.raises(ConfigError, match=r"that give quality_of_tomorrow, found those of another version"):
        build(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=str(scores.path)), inputs)


def test_misaligned_upstream_is_refused(tmp_path, inputs):
    tables = tables_of(texts_of(120)[::-1], 3)
    records = {"domains.json": {}}
    with pytest.raises(StageError, match="ids of ingest in part-00000-of-00003"):
        build(
            tmp_path,
            SCORES,
            PLAIN,
            {**inputs, "domains": sealed(tmp_path, "domains", tables["domains"], records)},
        )


def test_every_file_is_expected(scores):
    learnt = [f"{name}.npz" for name in ScoresConfig().scorers]
    assert sorted(digests(scores)) == sorted(
        [*scores.names(), *learnt, "histograms.npz", "scores.json", "removals.json", "origins.json", "examples.json"]
    )


def without_targets(root, inputs):
    """Seal the embeddings again without those of the targets, as where vectors came with the corpus."""
    tables = {name.removesuffix(".parquet"): read_table(inputs["embed"].file(name)) for name in inputs["embed"].names()}
    return {**inputs, "embed": sealed(root, "embed", tables, {"encoder.json": ENCODER})}


def test_the_classifier_needs_embeddings_of_the_targets(tmp_path, inputs):
    with pytest.raises(InputError, match=r"targets' texts .*found none.*remove `classifier` from scores\.scorers"):
        build(tmp_path, SCORES, PLAIN, without_targets(tmp_path, inputs))


def test_without_the_classifier_no_embeddings_of_targets_are_needed(tmp_path, inputs):
    scorers = tuple(name for name in ScoresConfig().scorers if name != "classifier")
    table = scores_of(build(tmp_path, SCORES, ScoresConfig(scorers=scorers), without_targets(tmp_path, inputs)))
    assert "classifier" not in table.schema.names
    quality = table.column("quality").to_numpy()
    assert 0 <= quality.min() < 0.1 < 0.9 < quality.max() <= 1


def test_frozen_scorers_may_be_more_than_are_asked_for_but_not_fewer(tmp_path, inputs, scores):
    few = ScoresConfig(scorers=("texture", "quality"))
    first = build(tmp_path, SCORES, few, inputs)
    config = ScoresConfig(scorers=("texture", "perplexity", "classifier", "quality"), frozen=str(scores.path))
    summary = read_json(build(tmp_path, SCORES, config, inputs).file("scores.json"))
    assert set(summary["columns"]) < set(read_json(scores.file("scores.json"))["columns"])
    with pytest.raises(ConfigError, match=r"scorers gopher, .*scores\.frozen"):
        build(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=str(first.path)), inputs)


@pytest.mark.parametrize("changed", ["encoder", "domains"])
def test_frozen_scorers_judge_only_what_they_were_fitted_on(tmp_path, inputs, scores, changed):
    tables = tables_of(texts_of(120), 3)
    names = tables["domains"]["domains"]
    tables["domains"]["domains"] = names.set_column(1, names.schema.field(1), pa.array(["other", "names"]))
    stage, record = {"encoder": ("embed", {**ENCODER, "digest": "other"}), "domains": ("domains", ENCODER)}[changed]
    other = {**inputs, stage: sealed(tmp_path, stage, tables[stage], {"encoder.json": record})}
    with pytest.raises(ConfigError, match=rf"expected the {changed} that the scorers at scores\.frozen"):
        build(tmp_path, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=str(scores.path)), other)


def test_frozen_scorers_are_asked_for_with_the_settings_they_were_fitted_with(tmp_path, inputs, scores):
    config = ScoresConfig(drop=PLAIN.drop, frozen=str(scores.path), quality={"texture_common": 1.0}, length_norm="sqrt")
    with pytest.raises(ConfigError, match=r"expected scores\.quality as when the scorers at scores\.frozen"):
        build(tmp_path, SCORES, config, inputs)


def test_frozen_scorers_are_asked_for_with_the_texts_they_were_fitted_on(tmp_path, inputs):
    reference = tmp_path / "reference.jsonl"
    few = {"scorers": ("perplexity", "quality"), "reference": str(reference)}
    reference.write_text("".join(json.dumps({"text": f"text {n}"}) + "\n" for n in range(30)))
    first = build(tmp_path, SCORES, ScoresConfig(**few), inputs)
    again = build(tmp_path, SCORES, ScoresConfig(**few, frozen=str(first.path)), inputs)
    assert scores_of(again).equals(scores_of(first))
    with pytest.raises(ConfigError, match=r"expected the scores\.reference that the scorers at scores\.frozen"):
        build(tmp_path, SCORES, ScoresConfig(scorers=few["scorers"], frozen=str(first.path)), inputs)
    reference.write_text("".join(json.dumps({"text": f"other {n}"}) + "\n" for n in range(30)))
    with pytest.raises(ConfigError, match=r"expected the scores\.reference that the scorers at scores\.frozen"):
        build(tmp_path, SCORES, ScoresConfig(**few, frozen=str(first.path)), inputs)


def test_a_domain_that_gets_its_first_document_later_is_scored(tmp_path, scores, inputs):
    old = dict(inputs)
    for name, kept in (("old", 60), ("new", 120)):
        tables = tables_of(texts_of(120)[:kept], 2)
        for part in tables["domains"].values():
            assert part.num_rows
        names = tables["domains"]["domains"]
        third = names.slice(1).set_column(0, names.schema.field(0), pa.array([2], pa.int32()))
        third = third.set_column(1, names.schema.field(1), pa.array(["d2"]))
        tables["domains"]["domains"] = pa.concat_tables([names, third])
        if name == "new":
            last = tables["domains"]["part-00001-of-00002"]
            moved = pa.array([*last["domain"].to_pylist()[:-1], 2], pa.int32())
            tables["domains"]["part-00001-of-00002"] = last.set_column(1, last.schema.field(1), moved)
        records = {
            "ingest": {"sources.json": {"s": {"documents": kept, "duplicates": 0}}},
            "embed": {"encoder.json": ENCODER},
        }
        given = {stage: sealed(tmp_path / name, stage, tables[stage], records.get(stage, {})) for stage in tables}
        frozen = str(old["scores"].path) if name == "new" else None
        old["scores"] = build(tmp_path / name, SCORES, ScoresConfig(drop=PLAIN.drop, frozen=frozen), given)
    weights = scores_of(old["scores"]).column("samplemix_weight").to_numpy()
    assert len(weights) == 120
    assert 0 < weights[-1] < 1


def test_texts_given_to_a_scorer_are_part_of_the_identity(tmp_path, inputs, scores):
    reference = tmp_path / "reference.jsonl"
    fingerprints = []
    for last in ("a", "b"):
        reference.write_text("".join(json.dumps({"text": f"text {n} {last}"}) + "\n" for n in range(30)))
        fingerprints.append(
            open_stage(tmp_path / last, SCORES, ScoresConfig(reference=str(reference)), inputs).fingerprint
        )
    assert len({*fingerprints, scores.fingerprint}) == 3
    referred = build(tmp_path, SCORES, ScoresConfig(reference=str(reference)), inputs)
    assert not scores_of(referred)["perplexity"].equals(scores_of(scores)["perplexity"])


def test_the_learned_scorers_run_beside_the_default_ones(tmp_path, inputs, scores):
    config = ScoresConfig(scorers=("dsir", "ngram_classifier", "gio", *ScoresConfig().scorers))
    found, before = (scores_of(artefact) for artefact in (build(tmp_path, SCORES, config, inputs), scores))
    assert {"dsir", "ngram_classifier", "gio"} <= set(found.column_names)
    assert found["perplexity"].equals(before["perplexity"])


def with_labels(root, inputs, texts, rows):
    """Seal targets and embeddings again with a label's texts, whose vectors are those of `rows` of the documents."""
    tables = tables_of(texts, 3)
    pieces = [tables[stage]["part-00000-of-00003"].take(rows) for stage in ("ingest", "embed")]
    for stage, piece in zip(("targets", "embed"), pieces, strict=True):
        tables[stage] |= {"labelled-positive-00000": piece.slice(0, 20), "labelled-negative-00000": piece.slice(20)}
    records = {"embed": {"encoder.json": ENCODER}}
    return {**inputs} | {s: sealed(root, s, tables[s], records.get(s, {})) for s in ("targets", "embed")}


def test_labelled_texts_decide_both_classifiers_and_what_frozen_scorers_are_asked_for_with(tmp_path, inputs):
    texts = texts_of(120)
    is_code = np.array([text.startswith("def") for text in texts[:40]])
    labelled = with_labels(tmp_path, inputs, texts, np.argsort(is_code, kind="stable"))  # 26 of prose, then 14 of code
    config = ScoresConfig(scorers=("ngram_classifier", "classifier", "quality"), drop=PLAIN.drop)
    found = build(tmp_path, SCORES, config, labelled)
    table, codes = scores_of(found), np.array([text.startswith("def") for text in texts])
    scores = table["ngram_classifier"].to_numpy()
    assert scores[codes].max() < scores[~codes].min()
    plain = scores_of(build(tmp_path, SCORES, config, inputs))
    assert not np.array_equal(table["classifier"].to_numpy(), plain["classifier"].to_numpy())
    with pytest.raises(ConfigError, match=r"expected the labelled texts that the scorers at scores\.frozen"):
        build(tmp_path, SCORES, config.model_copy(update={"frozen": str(found.path)}), inputs)


def test_a_given_model_scores_the_corpus_and_is_kept_with_what_was_learnt(tmp_path, inputs, causal_model):
    model = shutil.copytree(causal_model(), tmp_path / "model")
    plain = PLAIN.model_copy(update={"reference": str(model)})
    assert [step.name for step in SCORES.steps(plain) if step.gpu] == ["score"]
    given = build(tmp_path / "one", SCORES, plain, inputs)
    bits = scores_of(given)["perplexity"].to_numpy()
    assert np.isfinite(bits).all()
    assert not np.allclose(bits, scores_of(build(tmp_path / "own", SCORES, PLAIN, inputs))["perplexity"].to_numpy())
    learnt = given.path / "perplexity.npz"
    assert b"config.json" in learnt.read_bytes()
    frozen = plain.model_copy(update={"frozen": str(given.path)})
    assert scores_of(build(tmp_path / "two", SCORES, frozen, inputs))["perplexity"].to_numpy().tolist() == bits.tolist()
