"""One suite over every registered shard format: texts come back as rows, tokens as the texts that they decode to."""

import json
import resource
from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError, StoreError
from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import ENCODED, SHARDS
from mixpipe.tokenizer import end_token, load_tokenizer, train_tokenizer, vocabulary_size

HOSTILE = [
    "",
    "\x00",
    "a\r\nb\u2028c",
    "\U0001d518\U0001f9ea\U0010ffff",
    "\ufeffbom",
    "e\u0301 \u202e",
    '"quoted", {json: "no"}',
    " \t\n\u00a0\u200b",
    "\x1c\x1d\x85\u2029\x7f\ufffe\uffff\ud7ff\ue000",
    "\x00" * 3 + "\n\x00",
    "<|endoftext|>",
    "\U0001f9ea" * 40_000,
    "x" * 5_000_000,
]
# What a corpus may say of a document besides its text: its own id lies in `meta`, and its source is a column.
HOSTILE_NAMES = [
    "../../etc/passwd",
    "a/b\\c",
    "line\nline\r\n",
    "\x00",
    '","',
    "é\U0001f9ea",
    "n" * 100_000,
    "",
    " ",
    " ",
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
    chosen = load_format(request.param)
    try:
        chosen.check_library()
    except ConfigError as missing:
        pytest.skip(str(missing))
    return chosen


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(train_tokenizer([text for text in HOSTILE if len(text) < 100], 300), encoding="utf-8")
    tokenizer = load_tokenizer(str(path))
    return Encoder(tokenizer, TokenLayout(vocabulary_size(tokenizer), end_token(tokenizer)), path.read_text("utf-8"))


@pytest.fixture
def write(form, tmp_path, encoder):
    """Writes tables in the format, through the tokenizer where it is one of tokens."""

    def made(path, tables):
        if not isinstance(form, TokenFormat):
            return form.write(path, tables)
        with encoded(tables, encoder, tmp_path) as shard:
            return form.write(path, shard)

    return made


@pytest.fixture
def limited():
    """Limits the size of files that this process may write, as `ulimit -f` does, until the test ends."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def schema_of(form):
    return ENCODED if isinstance(form, TokenFormat) else SHARDS


def texts_of(form, path, encoder):
    """Return the texts of a shard, decoded where they are tokens; documents without tokens are left out."""
    if not isinstance(form, TokenFormat):
        return form.read(path)["text"].to_pylist()
    shard = form.load(path)
    starts = [0, *shard.ends().tolist()]
    assert all(shard.ids[end - 1] == shard.layout.end for end in starts[1:])
    documents = [shard.ids[start : end - 1].tolist() for start, end in pairwise(starts)]
    return encoder.tokenizer.decode_batch(documents, skip_special_tokens=False)


def test_hostile_texts_come_back_as_they_went_in(form, write, tmp_path, encoder):
    path, rows = tmp_path / f"data/train{form.suffix}", make_rows(HOSTILE)
    assert write(path, [rows.slice(0, 3), rows.slice(3)]) == len(HOSTILE)
    found = form.read(path)
    assert found.schema.equals(schema_of(form))
    common = [name for name in found.column_names if name in SHARDS.names]
    assert found.select(common).equals(rows.select(common))
    assert texts_of(form, path, encoder) == HOSTILE[isinstance(form, TokenFormat) :]
    assert list(form.problems(path, found)) == []
    assert {file.name for file in path.parent.iterdir()} == {f"train{end}" for end in (form.suffix, *form.beside)}


def test_hostile_sources_and_ids_come_back_as_they_went_in(form, write, tmp_path):
    path, rows = tmp_path / f"train{form.suffix}", make_rows([f"text {number}" for number in range(len(HOSTILE_NAMES))])
    columns = {"source": HOSTILE_NAMES, "meta": [json.dumps({"id": name}) for name in HOSTILE_NAMES]}
    for name, values in columns.items():
        place = SHARDS.get_field_index(name)
        rows = rows.set_column(place, SHARDS.field(name), pa.array(values))
    write(path, [rows])
    found = form.read(path)
    for name in {*columns} & {*found.column_names}:
        assert found[name].to_pylist() == columns[name]
    assert list(form.problems(path, found)) == []
    assert {file.name for file in tmp_path.iterdir()} == {f"train{end}" for end in (form.suffix, *form.beside)}


def test_a_file_too_large_for_its_disk_is_said_and_nothing_is_left(form, write, tmp_path, limited):
    path, rows = tmp_path / f"train{form.suffix}", make_rows([f"{number}" * 50 for number in range(500)])
    write(path, [rows])
    written = {file: file.stat().st_size for file in tmp_path.iterdir()}
    for file in written:
        file.unlink()
    limited(max(written.values()) - 1)
    with pytest.raises(StoreError, match=r"cannot write \S+: File too large; raise `ulimit -f`"):
        write(path, [rows])
    assert list(tmp_path.iterdir()) == []
    limited(resource.RLIM_INFINITY)
    write(path, [rows])
    assert {file: file.stat().st_size for file in tmp_path.iterdir()} == written


def test_columns_can_be_read_alone(form, write, tmp_path):
    path, rows = tmp_path / f"train{form.suffix}", make_rows(["a", "b"])
    write(path, [rows])
    assert form.read(path, ["id", "n_tokens"]).equals(rows.select(["id", "n_tokens"]))
    assert form.read(path, [*form.counted, *form.checked]).num_rows == 2


def test_a_shard_may_be_empty(form, write, tmp_path):
    path = tmp_path / f"train{form.suffix}"
    assert write(path, [SHARDS.empty_table()]) == 0
    assert form.read(path).schema.equals(schema_of(form))
    assert form.read(path).num_rows == 0
    assert list(form.problems(path, form.read(path))) == []


def test_equal_rows_give_equal_bytes(form, write, tmp_path):
    rows = make_rows([f"text {i}" * 50 for i in range(500)])
    write(tmp_path / f"a/train{form.suffix}", [rows])
    write(tmp_path / f"b/train{form.suffix}", [pa.concat_tables([rows.slice(0, 100), rows.slice(100)])])
    write(tmp_path / f"c/train{form.suffix}", [rows.slice(0, 7)])
    for end in (form.suffix, *form.beside):
        first, second, other = ((tmp_path / folder / f"train{end}").read_bytes() for folder in "abc")
        assert first == second != other


def test_a_damaged_shard_is_a_clear_error(form, write, tmp_path):
    path = tmp_path / f"train{form.suffix}"
    write(path, [make_rows(["a" * 30, "b"])])
    rows = form.read(path)
    path.write_bytes(path.read_bytes()[:-20])
    if isinstance(form, TokenFormat):
        assert any("bytes of tokens" in problem for problem in form.problems(path, rows))
        path = tmp_path / "train.documents.arrow"
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match="train"):
        form.read(tmp_path / f"train{form.suffix}")


def test_a_text_or_token_that_is_another_is_found(form, write, tmp_path):
    path, rows = tmp_path / f"train{form.suffix}", make_rows(["a", "b"])
    write(path, [rows.set_column(1, SHARDS.field("text"), pa.array(["a", "c"]))])
    if isinstance(form, TokenFormat):
        path.write_bytes(bytes([1]) * path.stat().st_size)
    assert list(form.problems(path, form.read(path)))


def test_nothing_is_left_when_writing_fails(form, write, tmp_path):
    def tables():
        yield make_rows(["a"])
        raise StoreError("the rows ended early")

    with pytest.raises(StoreError, match="ended early"):
        write(tmp_path / f"train{form.suffix}", tables())
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_the_file_cannot_be_put_in_place(form, write, tmp_path):
    (tmp_path / f"train{form.suffix}").mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        write(tmp_path / f"train{form.suffix}", [make_rows(["a"])])
    assert [file.name for file in tmp_path.iterdir()] == [f"train{form.suffix}"]


def test_formats_that_share_an_index_have_keys_of_their_own():
    seen = Counter()
    for form in map(load_format, FORMATS):
        seen.update((name, key) for name, record in form.index([]).items() for key in record)
    assert {name for name, _ in seen} == {"index.json"}
    assert set(seen.values()) == {1}


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(ConfigError, match="parquet"):
        load_format("tape")
