"""What a shard holds, counted by reading back what was written; a record of it for each shard, by format.

Shards are counted where they were written, in parallel: some formats have to be read whole for it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.shards.records import ShardEntry
from mixpipe.store.files import read_json, write_json
from mixpipe.store.fingerprint import Json

__all__ = ["TIER", "TIERS", "ShardTally", "read_tallies", "tally_shard", "write_tallies"]

TIER, TIERS = "licence_tier", 3


class ShardTally(NamedTuple):
    """What one shard holds.

    Attributes:
        path: relative to the data set's folder.
        rows: (n_domains,) int64.
        tokens: (n_domains,) int64.
        first_id: of its first row; None: there is none.
        last_id: of its last row.
        encoded: (n_domains,) int64, tokens in a file of tokens; None: it is one of texts.
        tiers: (4, 2) int64, rows and tokens by tier of the licence; tier 0: not looked for.
    """

    path: str
    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    first_id: str | None
    last_id: str | None
    encoded: NDArray[np.int64] | None = None
    tiers: NDArray[np.int64] | None = None

    def entry(self) -> ShardEntry:
        """Return the shard's entry in `dataset.json`."""
        rows, tokens = int(self.rows.sum()), int(self.tokens.sum())
        encoded = {} if self.encoded is None else {"encoded_tokens": int(self.encoded.sum())}
        ends = {"first_id": self.first_id, "last_id": self.last_id}
        return ShardEntry(path=self.path, rows=rows, tokens=tokens, **ends, **encoded)


def tally_shard(path: str, table: pa.Table, n_domains: int) -> ShardTally:
    """Count one shard's rows, given the columns that its format counts by, and TIER."""
    sums = {"rows": np.zeros(n_domains, dtype=np.int64)}
    np.add.at(sums["rows"], table["domain"].to_numpy(), 1)
    for name in {"n_tokens", "n_encoded"} & {*table.column_names}:
        sums[name] = np.zeros(n_domains, dtype=np.int64)
        np.add.at(sums[name], table["domain"].to_numpy(), table[name].to_numpy())
    ids = table["id"]
    first, last = (ids[0].as_py(), ids[-1].as_py()) if table.num_rows else (None, None)
    tiers = np.zeros((TIERS + 1, 2), np.int64)
    found = table[TIER].fill_null(0).to_numpy().astype(np.int64)
    np.add.at(tiers, found, np.stack([np.ones_like(found), table["n_tokens"].to_numpy()], axis=1))
    return ShardTally(path, sums["rows"], sums["n_tokens"], first, last, sums.get("n_encoded"), tiers)


def write_tallies(path: Path, tallies: Mapping[str, ShardTally]) -> None:
    """Write what one shard holds, by format."""
    write_json(path, {form: _as_json(tally) for form, tally in tallies.items()})


def read_tallies(path: Path) -> dict[str, ShardTally]:
    """Read what `write_tallies` wrote."""
    return {form: _from_json(record) for form, record in read_json(path).items()}


def _as_json(tally: ShardTally) -> dict[str, Json]:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in tally._asdict().items()}


def _from_json(record: Mapping[str, Any]) -> ShardTally:
    arrays = {name: np.array(value, np.int64) for name, value in record.items() if isinstance(value, list)}
    return ShardTally(**{**record, **arrays})
