"""One suite over every registered shard format."""

import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError, StoreError
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS

HOSTILE = [
    "",
    "\x00",
    "a\r\nb\u2028c",
    "\U0001d518\U0001f9ea\U0010ffff",
    "\ufeffbom",
    "e\u0301 \u202e",
    '"quoted", {json: "no"}',
    "x" * 5_000_000,
]


def make_rows(texts):
    rows = [
        {
            "id": text_id(text),
            "text": text,
            "domain": number % 3,
            "domain_name": f"domain-{number % 3}",
            "copy": number,
            "copies": len(texts),
            "source": "made",
            "n_tokens": len(text),
            "quality": None if number % 2 else 0.25,
            "meta": '{"id": "7"}',
        }
        for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=SHARDS)


@pytest.fixture(params=sorted(FORMATS))
def form(request):
    return load_format(request.param)


def test_hostile_texts_come_back_as_they_went_in(form, tmp_path):
    path, rows = tmp_path / f"data/train{form.suffix}", make_rows(HOSTILE)
    assert form.write(path, [rows.slice(0, 3), rows.slice(3)]) == len(HOSTILE)
    found = form.read(path)
    assert found.schema.equals(SHARDS)
    assert found.equals(rows)


def test_columns_can_be_read_alone(form, tmp_path):
    path, rows = tmp_path / f"train{form.suffix}", make_rows(["a", "b"])
    form.write(path, [rows])
    assert form.read(path, ["id", "n_tokens"]).equals(rows.select(["id", "n_tokens"]))


def test_a_shard_may_be_empty(form, tmp_path):
    path = tmp_path / f"train{form.suffix}"
    assert form.write(path, [SHARDS.empty_table()]) == 0
    assert form.read(path).schema.equals(SHARDS)
    assert form.read(path).num_rows == 0


def test_equal_rows_give_equal_bytes(form, tmp_path):
    rows = make_rows([f"text {i}" * 50 for i in range(500)])
    paths = [tmp_path / f"{name}{form.suffix}" for name in ("a", "b")]
    form.write(paths[0], [rows])
    form.write(paths[1], [pa.concat_tables([rows.slice(0, 100), rows.slice(100)])])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_damaged_shard_is_a_clear_error(form, tmp_path):
    path = tmp_path / f"train{form.suffix}"
    form.write(path, [make_rows(["a", "b"])])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match="train"):
        form.read(path)


def test_nothing_is_left_when_writing_fails(form, tmp_path):
    def tables():
        yield make_rows(["a"])
        raise StoreError("the rows ended early")

    with pytest.raises(StoreError, match="ended early"):
        form.write(tmp_path / f"train{form.suffix}", tables())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(ConfigError, match="parquet"):
        load_format("tape")
