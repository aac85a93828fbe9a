"""Plain text and source code: one document per file, UTF-8 only.

Choice: known suffixes only, so that a tree's pictures, archives and tables are reported rather than read; no guessing
of other encodings, because a wrong guess is silent damage. A NUL byte means that the file is no text.
"""

from pathlib import Path

from mixpipe.corpus.readers.record import WHOLE_FILE, DamageError, Reader, Records, Row, RowGroups, Wanted
from mixpipe.corpus.readers.stream import text_blocks

__all__ = ["READER"]

SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        "txt text md markdown rst adoc org tex bib html htm xml css scss yaml yml toml ini cfg conf "
        "py pyi pyx c h cc cpp cxx hh hpp hxx inl cu cuh m mm java kt kts scala groovy clj js jsx mjs cjs ts tsx vue "
        "go rs rb php pl pm lua r jl hs ml mli fs fsx ex exs erl hrl lisp lsp el scm rkt swift dart cs vb pas d zig "
        "nim f f90 f95 for asm s v vhd sv sh bash zsh fish ps1 bat cmake mk sql proto thrift graphql tcl vim awk sed po"
    ).split()
)


def _read(path: Path, wanted: Wanted, row_groups: RowGroups | None) -> Records:
    data = bytearray()
    for block in text_blocks(path):
        data += block
        if len(data) > wanted.max_bytes:
            raise DamageError("too-long", f"more than {wanted.max_bytes} bytes")
    if b"\0" in data:
        raise DamageError("nul-bytes", "expected text, found NUL bytes")
    yield Row(WHOLE_FILE, 0, {wanted.text: bytes(data)})


READER = Reader(SUFFIXES, lambda head: False, _read)
