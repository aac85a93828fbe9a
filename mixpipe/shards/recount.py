"""Recounting shards against the plan in bounded memory, however many documents there are.

The rows of a document with n copies carry copy 0..n-1, and the first n odd numbers sum to n^2. So the sum over all
rows of hash(id) (2 copy + 1) modulo 2^64 must equal the sum over the plan of hash(id) copies^2: one number per bucket
of ids on either side; of a phase, whose copies go on where those of the phases before end, the difference of two
squares. Only where a bucket differs are its documents, one in 4,096, listed and compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.store.artefact import Artefact
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_json, read_table

__all__ = ["Recount"]

BUCKET_BITS = 12
NAMED = 5  # documents named when some differ: enough to start looking
KEY = "recount"

Tables = Callable[[], Iterator[tuple[int, pa.Table]]]


@dataclass
class Recount:
    """What the shards hold, added up shard by shard.

    Attributes:
        n_phases: of the plan.
        rows: by phase and domain number.
        tokens: by phase and domain number.
        sums: (n_phases, 4096) uint64, one per bucket of document ids.
        shards: how many there were.
    """

    n_phases: int = 1
    rows: Counter[tuple[int, int]] = field(default_factory=Counter)
    tokens: Counter[tuple[int, int]] = field(default_factory=Counter)
    sums: NDArray[np.uint64] = field(init=False)
    shards: int = 0

    def __post_init__(self) -> None:
        """Start from nothing."""
        self.sums = np.zeros((self.n_phases, 1 << BUCKET_BITS), dtype=np.uint64)

    def add(self, rows: pa.Table, phase: int = 0) -> None:
        """Count one shard's rows: columns id, domain, n_tokens, copy."""
        self.shards += 1
        domains = rows["domain"].to_numpy()
        tokens = rows["n_tokens"].to_numpy()
        for domain in np.unique(domains).tolist():
            chosen = domains == domain
            self.rows[phase, domain] += int(chosen.sum())
            self.tokens[phase, domain] += int(tokens[chosen].sum())
        _add(self.sums[phase], rows, 2 * rows["copy"].to_numpy().astype(np.uint64) + 1)

    def by_domain(self, phase: int | None = None) -> dict[int, tuple[int, int]]:
        """Return rows and tokens of each domain, in one phase or in all."""
        found: dict[int, tuple[int, int]] = {}
        for (of, domain), rows in sorted(self.rows.items()):
            if phase in (None, of):
                held = found.get(domain, (0, 0))
                found[domain] = (held[0] + rows, held[1] + self.tokens[of, domain])
        return found

    def totals(self, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return rows and tokens of each phase, by its name."""
        counted = (self.by_domain(phase).values() for phase in range(self.n_phases))
        return {
            name: (sum(rows for rows, _ in found), sum(tokens for _, tokens in found))
            for name, found in zip(names, map(list, counted), strict=True)
        }

    def shares(self, phase: int | None = None) -> dict[int, float]:
        """Return each domain's share of the tokens, in one phase or in all, without empty domains."""
        tokens = {domain: found for domain, (_, found) in self.by_domain(phase).items() if found}
        return {domain: found / sum(tokens.values()) for domain, found in tokens.items()}

    def differences(self, plan: Artefact, shards: Tables) -> list[str]:
        """Return one line per document whose copies are not those planned, and how many more there are.

        Args:
            plan: as sealed.
            shards: starts a pass over all shards, each with its phase (column id), made only when something differs.
        """
        asked = len(read_json(plan.file("mixture.json"))["phases"])
        if asked != self.n_phases:
            return [f"data: {self.n_phases} phases, planned {asked}"]
        buckets = np.flatnonzero((self._planned(plan) != self.sums).any(axis=0))
        if not buckets.size:
            return []
        return [
            *self._different(plan, shards, buckets[0]),
            f"data: copies differ from the plan in {buckets.size} of {1 << BUCKET_BITS} groups of documents",
        ]

    def _planned(self, plan: Artefact) -> NDArray[np.uint64]:
        """Return the sums that the plan asks for: (n_phases, 4096) uint64."""
        planned = np.zeros_like(self.sums)
        for part, until in _plan_parts(plan, self.n_phases):
            squares = until.astype(np.uint64) ** np.uint64(2)
            for sums, factors in zip(planned, np.diff(squares, axis=1, prepend=np.uint64(0)).T, strict=True):
                _add(sums, part, factors)
        return planned

    def _different(self, plan: Artefact, shards: Tables, bucket: np.int64) -> list[str]:
        """Return one line for each of the first documents of a bucket whose copies differ, by phase."""
        wanted, found = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        for part, until in _plan_parts(plan, self.n_phases):
            mask = _in_bucket(part, bucket)
            by_phase = np.diff(until, axis=1, prepend=0)[mask.to_numpy(zero_copy_only=False)]
            for name, copies in zip(part["id"].filter(mask).to_pylist(), by_phase.tolist(), strict=True):
                wanted.update({(name, phase): count for phase, count in enumerate(copies)})
        for phase, table in shards():
            found.update((name, phase) for name in table["id"].filter(_in_bucket(table, bucket)).to_pylist())
        keys = [key for key in sorted({*wanted, *found}) if wanted[key] != found[key]][:NAMED]
        return [
            f"data: document {name} has {found[name, phase]} copies{self._where(phase)}, planned {wanted[name, phase]}"
            for name, phase in keys
        ]

    def _where(self, phase: int) -> str:
        return f" in phase {phase + 1}" if self.n_phases > 1 else ""


def _plan_parts(plan: Artefact, n_phases: int) -> Iterator[tuple[pa.Table, NDArray[np.int64]]]:
    """Yield the ids of each part, and their copies up to the end of each phase: (n_docs, n_phases) int64."""
    for name in plan.names():
        part = read_table(plan.file(name), ["id", "copies_by_phase"])
        copies = part["copies_by_phase"].combine_chunks().flatten().to_numpy().astype(np.int64)
        yield part, np.cumsum(copies.reshape(-1, n_phases), axis=1)


def _add(sums: NDArray[np.uint64], table: pa.Table, factors: NDArray[np.uint64]) -> None:
    """Add hash x factor (n_rows,) to the buckets' sums, modulo 2^64."""
    hashes = keyed_hashes(table["id"].to_pylist(), KEY)
    np.add.at(sums, hashes >> np.uint64(64 - BUCKET_BITS), hashes * factors)


def _in_bucket(table: pa.Table, bucket: np.int64) -> pa.Array:
    hashes = keyed_hashes(table["id"].to_pylist(), KEY)
    return pa.array((hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.int64) == bucket)
