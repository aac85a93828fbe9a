import json
from dataclasses import replace

import pytest

from mixpipe.corpus.documents import Document, document
from mixpipe.corpus.readers.record import Rejected, Row, Wanted
from mixpipe.store.fingerprint import text_id

WANTED = Wanted("text", "id", "source", meta=("url",), max_bytes=20)


def row(**values):
    return Row("line", 4, values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "missing-text"),
        ({"text": None}, "missing-text"),
        ({"text": 7}, "text-not-string"),
        ({"text": ""}, "empty-text"),
        ({"text": " \n\t\u00a0\u200b "}, "empty-text"),
        ({"text": "ä" * 11}, "too-long"),
        ({"text": b"x" * 21}, "too-long"),
        ({"text": b"\xff"}, "invalid-utf8"),
    ],
)
def test_what_is_no_document(values, reason):
    found = document(row(**values), WANTED, "f.jsonl")
    assert isinstance(found, Rejected)
    assert (found.position, found.reason) == ("line 4", reason)


def test_a_document_has_its_id_from_its_text_and_its_own_id_in_meta():
    found = document(row(text="ä\0b", id=7, source="web", url="u", other=1), WANTED, "f.jsonl")
    assert isinstance(found, Document)
    assert (found.id, found.text, found.source, found.n_bytes) == (text_id("ä\0b"), "ä\0b", "web", 4)
    assert json.loads(found.meta) == {"id": 7, "url": "u"}
    assert found.masked == {}


def test_a_masked_document_has_its_id_from_what_is_left():
    found = document(row(text="to a@b.org, 8.8.8.8"), replace(WANTED, mask=True), "f.jsonl")
    assert (found.text, found.id) == ("to <email>, <address>", text_id("to <email>, <address>"))
    assert (found.n_bytes, found.masked) == (21, {"email": 1, "address": 1})


@pytest.mark.parametrize(
    ("kind", "values", "source"),
    [
        ("line", {"source": "web"}, "web"),
        ("line", {"source": ""}, "d/f.py"),
        ("line", {}, "d/f.py"),
        ("line", {"source": 3}, "3"),
        ("file", {}, "d"),
    ],
)
def test_sources(kind, values, source):
    found = document(Row(kind, 0, {"text": "a", **values}), WANTED, "d/f.py")
    assert isinstance(found, Document)
    assert found.source == source


def test_a_text_file_in_no_folder_has_the_common_source_and_its_name_in_meta():
    found = document(Row("file", 0, {"text": b"a"}), WANTED, "f.py")
    assert isinstance(found, Document)
    assert (found.source, json.loads(found.meta)) == ("files", {"id": "f.py"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"vector": [1.0]}, "missing-domain"),
        ({"domain": "law"}, "bad-embedding"),
        ({"domain": "law", "vector": [1.0, float("nan")]}, "bad-embedding"),
        ({"domain": "law", "vector": ["1"]}, "bad-embedding"),
    ],
)
def test_given_columns_must_be_there(values, reason):
    wanted = Wanted("text", domain="domain", embedding="vector")
    found = document(row(text="a", **values), wanted, "f")
    assert isinstance(found, Rejected)
    assert found.reason == reason
    good = document(row(text="a", domain=3, vector=[1, 2.5]), wanted, "f")
    assert isinstance(good, Document)
    assert (good.domain, good.vector) == ("3", [1.0, 2.5])


@pytest.mark.parametrize("column", ["id", "source", "url"])
def test_a_carried_value_deeper_than_json_is_written_is_rejected(column):
    value = []
    for _ in range(300):
        value = [value]
    found = document(row(text="a", **{column: value}), WANTED, "f.jsonl")
    assert isinstance(found, Rejected)
    assert (found.position, found.reason) == ("line 4", "nested-too-deep")
