"""The files that list the shards of a folder, for readers that want one.

Two readers look for one name, `index.json` (MDS and litdata). Each takes keys of its own and passes over others, so one
file serves both, and one run can write both; that no two formats share a key is a test of the registry.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from mixpipe.shards.formats.protocol import ShardFormat
from mixpipe.store.files import write_json
from mixpipe.store.fingerprint import Json

__all__ = ["write_indices"]


def write_indices(root: Path, names: Sequence[str], forms: Sequence[ShardFormat]) -> None:
    """Write the indices of all folders of shards.

    Args:
        root: of the data set.
        names: of the shards, without a suffix, those of one folder after another.
        forms: in which each of them is written.
    """
    for folder, found in groupby((root / name for name in names), key=lambda path: path.parent):
        shards, records = list(found), defaultdict[str, dict[str, Json]](dict)
        for form in forms:
            for index, record in form.index([path.with_name(f"{path.name}{form.suffix}") for path in shards]).items():
                records[index].update(record)
        for index, record in records.items():
            write_json(folder / index, record)
