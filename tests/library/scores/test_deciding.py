"""The step over hand-written scores and twins: what of it decides a part, which reason is told, what is added up."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import StageError
from mixpipe.scores.c4 import C4
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.deciding import finish_decide, plan_decide, run_decide
from mixpipe.scores.heirs import HEIRS
from mixpipe.scores.quality import Quality
from mixpipe.store.files import read_json, read_table, write_arrays, write_table
from mixpipe.store.fingerprint import text_id
from mixpipe.store.stage import Context
from mixpipe.tables import ASSIGNMENTS, DOCUMENTS, DOMAINS, TWINS, embeddings_schema, scores_schema

SCHEMAS = {"ingest": DOCUMENTS, "embed": embeddings_schema(2), "domains": ASSIGNMENTS, "duplicates": TWINS}
COLUMNS = (*C4.columns, *Quality.columns)
SCORED = pa.schema(list(scores_schema(list(COLUMNS)))[:-2])
RECORDS = {"ingest": {"sources.json": {"s0": {}}}, "embed": {"encoder.json": {"encoder": "made"}}}
NAMES = {"name": "d", "documents": 1, "tokens": 1, "terms": [], "medoids": [], "examples": []}
NAMES |= dict.fromkeys(("share", "compactness", "separation", "x", "y"), 0.0)
DROP = ("duplicate", "near-duplicate", "c4:curly-brace")
# Two parts of three: `a` and its exact copy, then `b`; `b` and `e` have a brace, of `d` that is kept which `near` says.
TEXTS, CUT = ("a", "a", "b", "c", "d", "e"), 3
BRACES = {"b", "e"}
ID = {text: text_id(text) for text in TEXTS}


@pytest.fixture
def context(tmp_path, document, seal_tables):
    """Lay out what the earlier stages and steps wrote; return the step's context."""

    def laid_out(near, semantic=(), heirs=(), similarity=0.9, **settings):
        near, semantic = dict(near), dict(semantic)
        rows = [
            document(text, n % 2, duplicate=n == 1, source=f"s{n // CUT}", near_size=1, rank=n)
            | {"near_twin": ID.get(near.get(text)), "near_similarity": similarity if text in near else None}
            | {"semantic_twin": ID.get(semantic.get(text)), "semantic_similarity": None}
            for n, text in enumerate(TEXTS)
        ]
        parts = {"part-00000-of-00002": rows[:CUT], "part-00001-of-00002": rows[CUT:]}
        tables = {stage: {name: (schema, own) for name, own in parts.items()} for stage, schema in SCHEMAS.items()}
        tables["domains"]["domains"] = (DOMAINS, [{"domain": d, **NAMES} for d in range(2)])
        inputs = {stage: seal_tables(tmp_path, stage, held, RECORDS.get(stage, {})) for stage, held in tables.items()}
        config = ScoresConfig(**{"scorers": ("c4", "quality"), "drop": DROP, **settings})
        found = Context(config, inputs, tmp_path / "out", outside={})
        write_scored(found.out, parts)
        settled = [{"id": ID[own], "reason": "near-duplicate", "twin": ID.get(twin)} for own, twin in heirs]
        write_table(found.out / "heirs.parquet", pa.Table.from_pylist(settled, schema=HEIRS), HEIRS)
        return found

    return laid_out


def write_scored(out, parts):
    """Write the columns of the scorers, all zero but the braces, and what the scorers learnt: nothing."""
    write_arrays(out / "c4.npz")
    write_arrays(out / "quality.npz", **dict.fromkeys(("names", "weights", "sorted", "domains"), np.zeros(0)))
    edges = {name: np.linspace(0, 1, 21) for name in COLUMNS}
    write_arrays(out / "histograms.npz", **edges, **{f"{name}:percentiles": np.zeros(3) for name in Quality.columns})
    for name, rows in parts.items():
        braces = [{"id": row["id"], "c4_curly_brace": float(row["text"] in BRACES)} for row in rows]
        table = pa.Table.from_pylist([dict.fromkeys(COLUMNS, 0.0) | row for row in braces], SCORED)
        write_table(out / f"{name.replace('part', 'scored')}.parquet", table, SCORED)


def fates(context):
    """Run the step; return (reason, twin) by row and the counts of each part."""
    counts = [run_decide(context, part) for part in plan_decide(context)]
    names = sorted(path.name for path in context.out.glob("part-*.parquet"))
    table = pa.concat_tables(read_table(context.out / name) for name in names)
    assert table["id"].to_pylist() == [ID[text] for text in TEXTS]
    texts = {name: text for text, name in ID.items()}
    twins = [texts.get(twin) for twin in table["twin_id"].to_pylist()]
    return list(zip(table["drop_reason"].to_pylist(), twins, strict=True)), counts


def test_the_first_reason_is_told_and_the_twin_whatever_drops(context):
    found, counts = fates(context({"d": "a", "e": "a"}, {"c": "a", "d": "c"}))
    near, brace = "near-duplicate", "c4:curly-brace"
    # `c` is a semantic duplicate, which is told and drops nothing; of two twins the near one is told.
    assert found == [(None, None), ("duplicate", "a"), (brace, None), (None, "a"), (near, "a"), (near, "a")]
    assert counts == [
        {"dropped": 2, "dropped_duplicate": 1, f"dropped_{brace}": 1},
        {"dropped": 2, f"dropped_{near}": 2},
    ]


def test_the_order_of_reasons_decides_and_none_drops_nothing(context):
    found, _ = fates(context({"e": "a"}, drop=DROP[::-1]))
    assert found[5] == ("c4:curly-brace", "a")
    found, counts = fates(context({"e": "a"}, drop=()))
    assert {reason for reason, _ in found} == {None}
    assert counts == [{"dropped": 0}] * 2


def test_an_heir_is_kept_and_stands_in_as_the_twin(context):
    found, _ = fates(context({"c": "b", "d": "b"}, heirs=[("c", None), ("d", "c")]))
    assert found[3:5] == [(None, None), ("near-duplicate", "c")]


def test_a_part_hangs_on_its_twins_and_reasons_and_not_on_how_similar_twins_are(context):
    def identities(*args, **kwargs):
        return [part.identity for part in plan_decide(context(*args, **kwargs))]

    before = identities({"d": "a"})
    alike = identities({"d": "a"}, similarity=0.8)
    assert [part["twins"] for part in alike] == [part["twins"] for part in before]
    other = identities({"d": "b"})
    assert [part["twins"] == was["twins"] for part, was in zip(other, before, strict=True)] == [True, False]
    assert [part["drop"] for part in identities({"d": "a"}, drop=())] == [(), ()]


def test_repeated_sentences_are_a_column_and_a_reason_from_the_share_asked_for(context):
    config = {"drop": ("repeated-sentences",), "sentences": {"enabled": True}, "most_repeated": 0.5}
    laid_out = context({}, **config)
    for place, totals in enumerate(([4, 4, 4], [2, 2, 0])):
        rows = (np.uint64(place) << np.uint64(32)) + np.arange(2, dtype=np.uint64)
        write_repeats(laid_out.out, place, totals, rows, [1, 2] if place else [2, 1])
    found, _ = fates(laid_out)
    # Of four sentences two and one are repeated, of two one and two.
    assert [reason is not None for reason, _ in found] == [True, False, False, True, True, False]
    table = read_table(laid_out.out / "part-00001-of-00002.parquet")
    assert table["repeated_sentences"].to_pylist() == [0.5, 1, 0]


def write_repeats(out, place, totals, rows, counts):
    """Write what the steps `sentences` and `repeats` leave of one part."""
    np.save(out / f"sentences-{place}-totals.npy", np.array(totals))
    np.save(out / f"repeats-{place}-documents.npy", rows)
    np.save(out / f"repeats-{place}-counts.npy", np.array(counts))


def test_removals_and_columns_are_added_up_over_parts(context):
    laid_out = context({"d": "a"})
    fates(laid_out)
    finish_decide(laid_out)
    removed = read_json(laid_out.out / "removals.json")
    # Sources that ingest does not list count together.
    other = {"near-duplicate": 1, "c4:curly-brace": 1}
    assert removed == {"s0": {"duplicate": 1, "c4:curly-brace": 1}, "(other)": other}
    record = read_json(laid_out.out / "scores.json")
    braces = record["columns"]["c4_curly_brace"]["domains"]
    assert {domain: (of["count"], of["mean"]) for domain, of in braces.items()} == {
        "0": (3, pytest.approx(1 / 3)),
        "1": (3, pytest.approx(1 / 3)),
    }
    assert (record["rules"], record["facts"]) == ({"c4": [rule.name for rule in C4.rules]}, {})
    shown = read_json(laid_out.out / "examples.json")["dropped"]["near-duplicate"]
    assert [(example["text"], example["twin"]["text"]) for example in shown] == [("d", "a")]


def test_twins_of_other_documents_are_refused(context, document, seal_tables, tmp_path):
    laid_out = context({})
    rows = [document(text, 0, near_size=1, rank=0) for text in ("x", "y", "z")]
    tables = {f"part-0000{n}-of-00002": (TWINS, rows) for n in range(2)}
    laid_out.inputs["duplicates"] = seal_tables(tmp_path, "duplicates", tables, {})
    with pytest.raises(StageError, match="ids of ingest in part-00000-of-00002"):
        plan_decide(laid_out)
