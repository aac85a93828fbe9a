"""Recounting shards against the plan in bounded memory, however many documents there are.

The rows of a document with n copies carry copy 0..n-1, and the first n odd numbers sum to n^2. So the sum over all
rows of hash(id) (2 copy + 1) modulo 2^64 must equal the sum over the plan of hash(id) copies^2: one number per bucket
of ids on either side. Only where a bucket differs are its documents, one in 4,096, listed and compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.store.artefact import Artefact
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_table

__all__ = ["Recount"]

BUCKET_BITS = 12
NAMED = 5  # documents named when some differ: enough to start looking
KEY = "recount"

Tables = Callable[[], Iterator[pa.Table]]


def _zeros() -> NDArray[np.uint64]:
    return np.zeros(1 << BUCKET_BITS, dtype=np.uint64)


@dataclass
class Recount:
    """What the shards hold, added up shard by shard.

    Attributes:
        rows: by domain number.
        tokens: by domain number.
        sums: (4096,) uint64, one per bucket of document ids.
        shards: how many there were.
    """

    rows: Counter[int] = field(default_factory=Counter)
    tokens: Counter[int] = field(default_factory=Counter)
    sums: NDArray[np.uint64] = field(default_factory=_zeros)
    shards: int = 0

    def add(self, rows: pa.Table) -> None:
        """Count one shard's rows: columns id, domain, n_tokens, copy."""
        self.shards += 1
        domains = rows["domain"].to_numpy()
        tokens = rows["n_tokens"].to_numpy()
        for domain in np.unique(domains).tolist():
            chosen = domains == domain
            self.rows[domain] += int(chosen.sum())
            self.tokens[domain] += int(tokens[chosen].sum())
        _add(self.sums, rows, 2 * rows["copy"].to_numpy().astype(np.uint64) + 1)

    def shares(self) -> dict[int, float]:
        """Return each domain's share of the tokens, without empty domains."""
        total = self.tokens.total()
        return {domain: tokens / total for domain, tokens in sorted(self.tokens.items()) if tokens}

    def differences(self, plan: Artefact, shards: Tables) -> list[str]:
        """Return one line per document whose copies are not those planned, and how many more there are.

        Args:
            plan: as sealed.
            shards: starts a pass over all shards (column id), made only when something differs.
        """
        planned = _zeros()
        for part in _plan_parts(plan):
            _add(planned, part, part["copies"].to_numpy().astype(np.uint64) ** np.uint64(2))
        buckets = np.flatnonzero(planned != self.sums)
        if not buckets.size:
            return []
        wanted, found = Counter[str](), Counter[str]()
        for part in _plan_parts(plan):
            mask = _in_bucket(part, buckets[0])
            for row in part.filter(mask).to_pylist():
                wanted[row["id"]] += row["copies"]
        for table in shards():
            found.update(table["id"].filter(_in_bucket(table, buckets[0])).to_pylist())
        names = [name for name in sorted({*wanted, *found}) if wanted[name] != found[name]][:NAMED]
        lines = [f"data: document {name} has {found[name]} copies, planned {wanted[name]}" for name in names]
        return [
            *lines,
            f"data: copies differ from the plan in {buckets.size} of {1 << BUCKET_BITS} groups of documents",
        ]


def _plan_parts(plan: Artefact) -> Iterator[pa.Table]:
    for name in plan.names():
        yield read_table(plan.file(name), ["id", "copies"])


def _add(sums: NDArray[np.uint64], table: pa.Table, factors: NDArray[np.uint64]) -> None:
    """Add hash x factor (n_rows,) to the buckets' sums, modulo 2^64."""
    hashes = keyed_hashes(table["id"].to_pylist(), KEY)
    np.add.at(sums, hashes >> np.uint64(64 - BUCKET_BITS), hashes * factors)


def _in_bucket(table: pa.Table, bucket: np.int64) -> pa.Array:
    hashes = keyed_hashes(table["id"].to_pylist(), KEY)
    return pa.array((hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int64) == bucket)
