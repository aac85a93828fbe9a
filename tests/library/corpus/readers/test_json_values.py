import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.corpus.readers.dispatch import read_file
from mixpipe.corpus.readers.json_values import values
from mixpipe.corpus.readers.record import DamageError, Rejected, Wanted

WANTED = Wanted(text="text", max_bytes=1000)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.lists(anything, max_size=6), st.integers(1, 9), st.sampled_from([None, 1]))
def test_the_items_of_any_array_are_found_however_the_blocks_fall(items, size, indent):
    data = json.dumps(items, indent=indent, ensure_ascii=False).encode()
    assert [json.loads(value) for value in values(cut(data, size), 1 << 20)] == items


@given(st.lists(st.dictionaries(st.text(), anything, max_size=3), min_size=1, max_size=5), st.integers(1, 9))
def test_objects_over_many_lines_are_found_without_an_array(items, size):
    data = "\n".join(json.dumps(item, indent=2) for item in items).encode()
    assert [json.loads(value) for value in values(cut(data, size), 1 << 20)] == items


def test_an_array_that_is_not_closed_keeps_its_items():
    found = values([b'[{"text": "a"}, {"text": "b'], 1000)
    assert next(found) == b'{"text": "a"}'
    with pytest.raises(DamageError, match="ends inside a value"):
        next(found)


def test_an_item_beyond_the_limit_ends_the_file():
    with pytest.raises(DamageError, match="too-long"):
        list(values([b'[{"text": "', b"x" * 2000], 1000))


def test_an_array_after_a_byte_order_mark_is_an_array(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf[\n  {"text": "a"},\n  {"text": "b"}\n]')
    assert [row.values["text"] for row in read_file(path, WANTED)] == ["a", "b"]


def test_a_json_file_is_an_array_lines_or_objects(tmp_path: Path):
    for number, content in enumerate(
        ['[{"text": "a"},\n {"text": "b"}, 3]', '{"text": "a"}\n{"text": "b"}\n3\n', '{\n "text": "a"}{"text": "b"} 3']
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(content)
        good, more, bad = read_file(path, WANTED)
        assert [row.values["text"] for row in (good, more)] == ["a", "b"]
        assert isinstance(bad, Rejected)
        assert bad.reason == "not-an-object"
