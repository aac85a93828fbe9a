"""Bytes of a file, decompressed block by block, and the lines in them; memory is bounded whatever the file holds.

How a file is packed is seen from its first bytes, never from its name. Several gzip members or zstd frames follow each
other as one stream. A stream that ends early, fails its checksum or is followed by other bytes raises `DamageError`
after the good blocks were given. zstd input is fed 512 bytes at a time: a block of 4 bytes may stand for 128 KiB, so
that no call gives more than 16 MiB.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

from mixpipe.corpus.readers.record import DamageError

__all__ = ["BOM", "HEAD_BYTES", "blocks", "lines", "text_blocks"]

BLOCK = 1 << 18
HEAD_BYTES = 1 << 12
ZSTD_INPUT = 512
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGIC = b"\x2a\x4d\x18"  # after a first byte 0x50 to 0x5f: a zstd frame without data, as pzstd writes first
BOM = b"\xef\xbb\xbf"
WIDE_BOMS = {b"\xff\xfe": "UTF-16 or UTF-32", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, decompressed when its first bytes are those of gzip or zstd."""
    with path.open("rb") as handle:
        magic = handle.read(4)
        handle.seek(0)
        if magic.startswith(GZIP_MAGIC):
            yield from _gunzip(handle)
        elif magic == ZSTD_MAGIC or magic[1:] == SKIPPABLE_MAGIC:
            yield from _unzstd(handle)
        else:
            while block := handle.read(BLOCK):
                yield block


def text_blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file that should be UTF-8, without a byte order mark."""
    first = True
    for block in blocks(path):
        if first:
            _check_encoding(block)
            block = block.removeprefix(BOM)
            first = False
        yield block


def lines(stream: Iterable[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    r"""Yield (number from 1, line without its \n); None for a line of more than `limit` bytes, which is never held."""
    number, pending, too_long = 1, b"", False
    for block in stream:
        first, *rest = block.split(b"\n")
        too_long = too_long or len(pending) + len(first) > limit
        pending = b"" if too_long else pending + first
        for line in rest:
            yield number, None if too_long else pending
            number, pending, too_long = number + 1, line, len(line) > limit
    if pending or too_long:
        yield number, None if too_long else pending


def _gunzip(handle: BinaryIO) -> Iterator[bytes]:
    stream = gzip.GzipFile(fileobj=handle)
    given = False
    try:
        while block := stream.read1(BLOCK):  # one member's data at a time, so nothing good is lost before an error
            yield block
            given = True
    except EOFError as error:
        raise DamageError("truncated-stream", "gzip stream ends early; what came before the cut was kept") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        message = str(error)
        if "CRC" in message or "length" in message or "data check" in message:
            raise DamageError("bad-checksum", f"gzip: {message}; its documents were kept and are suspect") from error
        reason = "trailing-garbage" if given and "Not a gzipped file" in message else "damaged-stream"
        raise DamageError(reason, f"gzip: {message}; what came before was kept") from error


def _unzstd(handle: BinaryIO) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor()
    frame, data, whole = decompressor.decompressobj(), b"", True
    try:
        while data := data or handle.read(ZSTD_INPUT):
            if block := frame.decompress(data):
                yield block
            whole, data = frame.eof, frame.unused_data
            if whole:
                frame = decompressor.decompressobj()
    except zstandard.ZstdError as error:
        reason = "bad-checksum" if "checksum" in str(error) else "damaged-stream"
        raise DamageError(reason, f"zstd: {error}; what came before was kept") from error
    if not whole:
        raise DamageError("truncated-stream", "zstd frame ends early; what came before the cut was kept")


def _check_encoding(block: bytes) -> None:
    found = [name for mark, name in WIDE_BOMS.items() if block.startswith(mark)]
    if not found and len(block) > 3 and any(block[:16:2]) != any(block[1:16:2]):
        found = ["UTF-16 without a mark"]  # every other byte is NUL: ASCII written two bytes a letter
    if found:
        raise DamageError("wrong-encoding", f"expected UTF-8, found {found[0]}; convert the file")
