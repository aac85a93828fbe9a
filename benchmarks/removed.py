"""Removed documents against the labelled groups of duplicates: how many are right, and how many of those to remove.

A removed document is right where the one kept instead is of its group. Recall is over all that should go, of every
group all but one. Exact duplicates count in both, whoever finds them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.domains import own_ids
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table


def judged(removed: Iterable[Sequence[str]], groups: Mapping[str, str | None]) -> dict[str, Any]:
    """Return how many pairs (removed, kept instead) there are, and their precision and recall.

    Args:
        removed: own ids of documents, of one and of the other.
        groups: by own id of every document that was looked at its group; None: alone.
    """
    pairs = {own: kept for own, kept in removed}
    right = sum(groups[own] is not None and groups[own] == groups[kept] for own, kept in pairs.items())
    size = Counter(group for group in groups.values() if group)
    gone = Counter(groups[own] for own in pairs)
    wanted = sum(count - 1 for count in size.values())
    found = sum(min(gone[group], count - 1) for group, count in size.items())
    return {
        "removed": len(pairs),
        "wanted": wanted,
        "precision": round(right / max(len(pairs), 1), 4),
        "recall": round(found / max(wanted, 1), 4),
    }


def removed_pairs(ingest: Artefact, duplicates: Artefact) -> list[tuple[str, str]]:
    """Return (removed, kept instead) of ingest's exact duplicates and of near ones, by own ids."""
    rows = pa.concat_tables(read_table(ingest.file(name), ["id", "duplicate"]) for name in ingest.names())
    twins = pa.concat_tables(read_table(duplicates.file(name), ["near_twin"]) for name in ingest.names())
    own, ids, again = own_ids(ingest), rows["id"].to_pylist(), rows["duplicate"].to_pylist()
    first = {text: name for text, name, repeat in zip(ids, own, again, strict=True) if not repeat}
    kept = [twin or text for twin, text in zip(twins["near_twin"].to_pylist(), ids, strict=True)]
    return [(name, first[text]) for name, text in zip(own, kept, strict=True) if first[text] != name]


def groups_of(files: Iterable[Path], labels: Path) -> dict[str, str | None]:
    """Return the labelled group of duplicates of every document of the files, by its own id."""
    table = read_table(labels, ["id", "dup_group"])
    known = dict(zip(table["id"].to_pylist(), table["dup_group"].to_pylist(), strict=True))
    return {own: known[own] for path in files for own in pq.read_table(path, columns=["id"])["id"].to_pylist()}
