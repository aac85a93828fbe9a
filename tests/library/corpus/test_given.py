import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.corpus.stage import INGEST
from mixpipe.errors import InputError
from mixpipe.store.files import read_table


def test_given_columns_lie_beside_the_parts(build, tmp_path, tokenizer, config):
    rows = [{"text": f"text {n}", "topic": "ab"[n % 2], "vec": [n, 0.5]} for n in range(50)]
    pq.write_table(pa.Table.from_pylist([*rows, {"text": "no topic"}]), tmp_path / "a.parquet")
    chosen = config(tmp_path / "a.parquet", domain="topic", embedding="vec", tokenizer=str(tokenizer))
    found = build(tmp_path / "root", INGEST, chosen)
    names = found.names()
    assert [name.replace("part", "given") for name in names] == found.names("given-*.parquet")
    for name in names:
        part = read_table(found.file(name))
        given = read_table(found.file(name.replace("part", "given")))
        assert part["id"] == given["id"]
        for text, domain, vector in zip(part["text"], given["domain"], given["vector"], strict=True):
            number = int(text.as_py().split()[1])
            assert (domain.as_py(), vector.as_py()) == ("ab"[number % 2], [number, 0.5])
    assert read_table(found.file("quarantine.parquet"))["reason"].to_pylist() == ["missing-domain"]


def test_given_embeddings_of_two_lengths_are_refused(build, tmp_path, tokenizer, config):
    lines = [json.dumps({"text": f"t{n}", "vec": [1.0] * (2 + n // 30)}) for n in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"'vec' \(ingest.embedding\), found \[2, 3\]"):
        build(tmp_path / "root", INGEST, config(tmp_path / "a.jsonl", embedding="vec", tokenizer=str(tokenizer)))
