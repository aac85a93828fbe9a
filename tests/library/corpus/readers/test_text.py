"""A text file is one document, byte for byte; one that is too long, or no text, is named."""

import pytest

from mixpipe.corpus.readers.record import DamageError, Row, Wanted
from mixpipe.corpus.readers.text import READER


def read(path, max_bytes=1000):
    return list(READER.read(path, Wanted(text="body", max_bytes=max_bytes), None))


@pytest.mark.parametrize("content", [b"", b"one line", "zwei\r\nZeilen, ß\n".encode(), b"x" * 1000])
def test_the_whole_file_is_the_document(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert read(tmp_path / "a.txt") == [Row("file", 0, {"body": content})]


@pytest.mark.parametrize(("content", "reason"), [(b"x" * 1001, "too-long"), (b"a\0b", "nul-bytes")])
def test_what_is_no_document_is_named(tmp_path, content, reason):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DamageError) as caught:
        read(tmp_path / "a.txt")
    assert caught.value.reason == reason


def test_it_goes_by_names_alone_and_leaves_other_formats_to_their_readers():
    assert {".txt", ".md", ".py", ".rs"} <= READER.suffixes
    assert not READER.suffixes & {".json", ".jsonl", ".csv", ".parquet", ".arrow", ".png", ".zip"}
    assert not READER.recognises(b"any text at all")
