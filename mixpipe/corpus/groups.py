"""Input groups: the units that one worker reads at a time, which stay the same when files are added.

A small file shares its group with its neighbours in order; a file of at least the group's size is a group of its own;
a large Parquet file is cut into ranges of row groups. Choice: whether a group ends after a file depends on the hash of
the file's name and on its size alone, with odds that make groups about the size asked for. A new file therefore changes
the group it falls into and no other. Groups are cut at four times the size in any case.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixpipe.corpus.inputs import InputFile
from mixpipe.corpus.readers.dispatch import reader_by_suffix
from mixpipe.corpus.readers.record import DamageError, RowGroups
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Part

__all__ = ["Unit", "groups", "units_of"]

FILE_COST = 1 << 14  # bytes that opening a file is worth, so that a group never holds a million empty files
MOST = 4  # times the size asked for


@dataclass(frozen=True)
class Unit:
    """One file, or one range of its row groups."""

    file: InputFile
    row_groups: RowGroups | None = None

    def spec(self) -> dict[str, Json]:
        """Return the unit as plain values."""
        return asdict(self)

    @property
    def identity(self) -> list[Json]:
        """What decides the unit's documents."""
        return [self.file.name, self.file.digest or self.file.reason, self.row_groups]


def units_of(part: Part) -> list[Unit]:
    """Return the units that a part's plan wrote into its `units`."""
    specs: Any = part.spec["units"]
    return [Unit(InputFile(**spec["file"]), spec["row_groups"]) for spec in specs]


def groups(files: Sequence[InputFile], size: int) -> Iterator[list[Unit]]:
    """Yield the units of every group, in the order of the files.

    Args:
        files: the input, in order.
        size: bytes that a group has on average.
    """
    group: list[Unit] = []
    filled = 0
    for file in files:
        cost = file.size + FILE_COST
        if group and (cost >= size or filled + cost > MOST * size):
            yield group
            group, filled = [], 0
        ranges = _ranges(file, size)
        if len(ranges) > 1:
            yield from ([Unit(file, rows)] for rows in ranges)
            continue
        group.append(Unit(file))
        filled += cost
        if _ends_group(file.name, cost / size):
            yield group
            group, filled = [], 0
    if group:
        yield group


def _ends_group(name: str, odds: float) -> bool:
    """Draw, from the hash of the name, whether a group ends after this file."""
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") < odds * 2**64


def _ranges(file: InputFile, size: int) -> list[RowGroups]:
    reader = reader_by_suffix(file.name)
    if file.digest is None or file.size < MOST * size or reader is None or reader.split is None:
        return []
    try:
        return reader.split(Path(file.path), MOST * size)
    except DamageError:
        return []  # the reader will say so
