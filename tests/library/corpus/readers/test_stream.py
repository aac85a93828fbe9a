import gzip

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.corpus.readers.record import DamageError
from mixpipe.corpus.readers.stream import blocks, lines, text_blocks

DATA = b"".join(b"line %d\n" % number for number in range(20_000))
PACKED = {
    "plain": DATA,
    "gzip": gzip.compress(DATA[:900]) + gzip.compress(DATA[900:]),
    "gzip padded": gzip.compress(DATA) + b"\0" * 512,
    "zstd": zstandard.compress(DATA[:900]) + zstandard.compress(DATA[900:]),
    "zstd skippable first": b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstandard.compress(DATA),
}


@pytest.mark.parametrize("kind", PACKED)
def test_all_members_and_frames_are_read_whatever_the_name(tmp_path, kind):
    path = tmp_path / "data.bin"
    path.write_bytes(PACKED[kind])
    assert b"".join(blocks(path)) == DATA


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(DATA)[:-2000], "truncated-stream"),
        (gzip.compress(DATA)[:-8] + b"\1\2\3\4" + gzip.compress(DATA)[-4:], "bad-checksum"),
        (gzip.compress(DATA) + b"junk", "trailing-garbage"),
        (zstandard.compress(DATA)[:-2000], "truncated-stream"),
        (zstandard.ZstdCompressor(write_checksum=True).compress(DATA)[:-1] + b"?", "bad-checksum"),
        (zstandard.compress(DATA) + b"junk", "damaged-stream"),
    ],
)
def test_damage_is_named_after_what_was_good(tmp_path, content, reason):
    path = tmp_path / "data"
    path.write_bytes(content)
    got = b""
    with pytest.raises(DamageError) as caught:
        for block in blocks(path):
            got += block
    assert caught.value.reason == reason
    assert DATA.startswith(got) or got == DATA
    assert got


def test_a_bomb_gives_bounded_blocks(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(zstandard.compress(b"\0" * (1 << 27)))
    sizes = [len(block) for block in blocks(path)]
    assert sum(sizes) == 1 << 27
    assert max(sizes) <= 1 << 24 or len(sizes) > 1


@given(st.binary(max_size=200), st.integers(1, 7), st.integers(1, 20))
def test_lines_are_those_of_split_however_the_blocks_fall(data, size, limit):
    stream = [data[start : start + size] for start in range(0, len(data), size)]
    expected = data.split(b"\n")
    expected = expected if expected[-1] else expected[:-1]
    assert list(lines(stream, limit)) == [
        (number, line if len(line) <= limit else None) for number, line in enumerate(expected, 1)
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused_by_name(tmp_path, encoding):
    path = tmp_path / "wide.jsonl"
    path.write_bytes('{"text": "a"}\n'.encode(encoding))
    with pytest.raises(DamageError, match="expected UTF-8, found UTF-"):
        list(text_blocks(path))


def test_a_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "bom"
    path.write_bytes(b"\xef\xbb\xbfabc")
    assert b"".join(text_blocks(path)) == b"abc"
