import pytest

from mixpipe.corpus.readers.dispatch import read_file, suffix_of
from mixpipe.corpus.readers.record import Rejected, Row, Wanted

WANTED = Wanted(text="text")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.jsonl", ".jsonl"), ("a.JSONL.GZ", ".jsonl"), ("a.parquet", ".parquet"), ("a.b.txt.zst", ".txt"), ("a", "")],
)
def test_the_suffix_is_the_one_below_a_compression(name, suffix):
    assert suffix_of(name) == suffix


def test_a_name_without_a_suffix_goes_by_its_beginning(tmp_path):
    (tmp_path / "data").write_text('{"text": "a"}\n')
    assert list(read_file(tmp_path / "data", WANTED)) == [Row("line", 1, {"text": "a"})]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("picture.png", b"\x89PNG", "unknown-format"),
        ("empty.jsonl", b"", "empty-file"),
        ("a.parquet", b"PAR1 and no more", "damaged-file"),
        ("a.arrow", b"ARROW1 and no more", "damaged-file"),
        ("a.txt", b"a\0b", "nul-bytes"),
    ],
)
def test_what_cannot_be_read_is_one_rejection(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    (found,) = read_file(tmp_path / name, WANTED)
    assert isinstance(found, Rejected)
    assert (found.position, found.reason) == ("file", reason)


def test_a_file_that_is_gone_is_unreadable(tmp_path):
    (found,) = read_file(tmp_path / "gone.jsonl", WANTED)
    assert isinstance(found, Rejected)
    assert found.reason == "unreadable"


def test_a_text_file_is_one_document(tmp_path):
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfprint()\r\n")
    assert list(read_file(tmp_path / "a.py", WANTED)) == [Row("file", 0, {"text": b"print()\r\n"})]


def test_a_long_text_file_is_not_read_to_its_end(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * 1001)
    (found,) = read_file(tmp_path / "a.txt", Wanted(text="text", max_bytes=1000))
    assert isinstance(found, Rejected)
    assert found.reason == "too-long"
