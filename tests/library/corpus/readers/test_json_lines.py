import pytest

from mixpipe.corpus.readers.json_lines import READER, parsed
from mixpipe.corpus.readers.record import Rejected, Row, Wanted


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": "\\ud83d"}', "lone-surrogate"),
        (b'{"a": "\\ude00\\ud83d"}', "lone-surrogate"),
        (b'{"a": "\xff"}', "invalid-utf8"),
        (b'{"a": "b\0"}', "nul-bytes"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "number-out-of-range"),
        (b'{"a": ' + b"[" * 6000 + b"]" * 6000 + b"}", "nested-too-deep"),
        (b'{"a": NaN}', "invalid-json"),
        (b'{"a": 1', "invalid-json"),
        (b"[1]", "not-an-object"),
    ],
)
def test_every_reason_is_stable(data, reason):
    found = parsed("line", 3, data)
    assert isinstance(found, Rejected)
    assert (found.position, found.reason) == ("line 3", reason)


def test_the_last_of_two_equal_keys_counts():
    assert parsed("line", 1, b'{"a": 1, "a": 2}') == Row("line", 1, {"a": 2})


def test_long_lines_are_rejected_and_blank_ones_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\n  \n{"text": "a"}\r\n{"text": "' + b"x" * 100 + b'"}\n{"text": "b"}')
    found = list(READER.read(path, Wanted(text="text", max_bytes=50), None))
    assert [(row.position, getattr(row, "reason", None)) for row in found] == [
        ("line 3", None),
        ("line 4", "too-long"),
        ("line 5", None),
    ]
