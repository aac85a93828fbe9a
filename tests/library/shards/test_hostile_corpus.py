"""From hostile JSON lines to shards of every format: each text comes back as it was, or its rejection is counted."""

import json
from collections import Counter

import pytest

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.stage import INGEST
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.layout import shard_files
from mixpipe.shards.verify import verify_shards
from mixpipe.store.files import read_table
from mixpipe.tokenizer import load_tokenizer

# (id, text) as JSON has them
KEPT = [
    ("nul", "before\x00after"),
    ("../../etc/passwd", "a path for an id"),
    ("line\nof\r\nlines", "lines\nof\r\nlines\u2028\u2029\x85"),
    ("i" * 100_000, "a very long id"),
    ("same", "one text under an id"),
    ("same", "another text under that id"),
    ("", "no id"),
    ("astral", "\U0001f9ea\U0010ffff\U0001d518"),
    ("bom", "\ufeffbegins with a mark"),
    ("end", "says <|endoftext|> itself"),
    ("long", "longer than what is encoded at once " * 8_000),
    ("no\x00break", "x" * 200_000),
]
REJECTED = [
    (r'{"id": "s", "text": "half a pair \ud800"}', "lone-surrogate"),
    (r'{"id": "\udfff", "text": "half a pair in the id"}', "lone-surrogate"),
    ('{"id": "e", "text": ""}', "empty-text"),
    ('{"id": "w", "text": " \\t\\n\\u00a0\\u2003"}', "empty-text"),
    ('{"id": "n", "text": null}', "missing-text"),
]


@pytest.fixture(scope="module")
def lines():
    return [*(json.dumps({"id": name, "text": text}) for name, text in KEPT), *(line for line, _ in REJECTED)]


def texts_of(form, path, tokenizer):
    """Return the texts of a shard, decoded where they are tokens."""
    if not isinstance(form, TokenFormat):
        return form.read(path, ["text"])["text"].to_pylist()
    shard, texts, start = form.load(path), [], 0
    for end in shard.ends().tolist():
        assert shard.ids[end - 1] == shard.layout.end
        texts.append(tokenizer.decode(shard.ids[start : end - 1].tolist(), skip_special_tokens=False))
        start = end
    return texts


def test_every_format_holds_every_text_that_is_one(
    tmp_path, lines, build, document, plan_inputs, make_shards, formats_at_once
):
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    config = IngestConfig(paths=(str(tmp_path / "corpus.jsonl"),), vocabulary=512)
    ingest = build(tmp_path / "ingested", INGEST, config, {})
    quarantined = [row for name in ingest.names("quarantine*") for row in read_table(ingest.file(name)).to_pylist()]
    assert Counter(row["reason"] for row in quarantined) == Counter(reason for _, reason in REJECTED)
    rows = [row for name in ingest.names() for row in read_table(ingest.file(name)).to_pylist()]
    known = [document(row["text"], 0, tokens=row["n_tokens"], source=row["source"], meta=row["meta"]) for row in rows]
    inputs = plan_inputs(known, weights=[1.0], budget_tokens=sum(row["n_tokens"] for row in rows))
    tokenizer = str(ingest.file("tokenizer.json"))
    shards = make_shards(inputs, formats=formats_at_once, tokenizer=tokenizer, shard_mib=1.0)
    assert verify_shards(shards.path, manifest=shards.manifest, plan=inputs["plan"]).problems == []
    for form in map(load_format, formats_at_once):
        paths = [shards.file(name) for name in shard_files(shards, form)]
        found = [text for path in paths for text in texts_of(form, path, load_tokenizer(tokenizer))]
        assert sorted(found) == sorted(text for _, text in KEPT), form
        if not isinstance(form, TokenFormat):
            ids = [json.loads(meta)["id"] for path in paths for meta in form.read(path, ["meta"])["meta"].to_pylist()]
            assert sorted(ids) == sorted(name for name, _ in KEPT)
