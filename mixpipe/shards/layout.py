"""Which shard a copy belongs to, and what shards are called: all domains mixed, or each a data set of its own.

`mixed`: `data/train-00000-of-00042`, the mixture applied: to be read once, in order. `by-domain`:
`data/d007/train-00000-of-00003`, every document as often as planned, shuffled inside its domain; the shares are for
the trainer to apply and stand in `mixture.json`. Where the plan has several phases, each has shards of its own under
`data/phase-1/` and so on, in the order of names, so that a trainer that knows no phases is given one after another. A
domain's text is estimated from its share of the tokens, so its shards may be larger than asked where its tokens are
longer than others'.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.shards.formats.protocol import ShardFormat
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table

__all__ = ["LayoutName", "ShardLayout", "phase_folders", "shard_files", "shard_layout"]

LayoutName = Literal["mixed", "by-domain"]


class ShardLayout(NamedTuple):
    """The shards of a data set.

    Attributes:
        names: of the shards, without a suffix, in the order of reading.
        first: (n_phases, n_domains) int64, the first of the shards that hold a domain in a phase.
        counts: (n_phases, n_domains) int64, how many follow one another from there.
    """

    names: list[str]
    first: NDArray[np.int64]
    counts: NDArray[np.int64]

    def shards(
        self, phase: NDArray[np.int64], domain: NDArray[np.int32], position: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return the shard of each copy: (n_copies,) int64, of its phase, domain and position in the phase, 0..1."""
        # A position may be 1: (copy + u) / copies is rounded up to it where u is within 1e-16 of 1.
        count = self.counts[phase, domain]
        return self.first[phase, domain] + np.minimum((position * count).astype(np.int64), count - 1)

    def stretch(self, shard: int) -> range:
        """Return the shards that are read one after another, among which one is."""
        phase, domain = np.argwhere((self.first <= shard) & (shard < self.first + self.counts))[0]
        return range(int(self.first[phase, domain]), int(self.first[phase, domain] + self.counts[phase, domain]))


def shard_layout(name: LayoutName, shard_mib: float, plan: Artefact, domains: Artefact) -> ShardLayout:
    """Return the layout of what was planned, in shards of `shard_mib` MiB of text, one at least."""
    n_domains = read_table(domains.file("domains.parquet"), ["domain"]).num_rows
    phases: list[Any] = read_json(plan.file("mixture.json"))["phases"]
    folders, (copies, tokens) = phase_folders(len(phases)), _planned(phases, n_domains)
    wanted = plan.counts["bytes"] / (shard_mib * 2**20) * tokens / max(tokens.sum(), 1)
    if name == "mixed":
        counts = np.maximum(1, np.ceil(wanted.sum(axis=1))).astype(np.int64)
        first = np.cumsum(counts) - counts
        names = [name for folder, count in zip(folders, counts.tolist(), strict=True) for name in _names(folder, count)]
        return ShardLayout(names, *(np.repeat(of_phase[:, None], n_domains, axis=1) for of_phase in (first, counts)))
    counts = np.where(copies > 0, np.maximum(1, np.ceil(wanted)), 0).astype(np.int64)
    names = [
        name
        for (phase, domain), count in np.ndenumerate(counts)
        for name in _names(f"{folders[phase]}/d{domain:03d}", int(count))
    ]
    return ShardLayout(names, (np.cumsum(counts) - counts.ravel()).reshape(counts.shape), counts)


def phase_folders(count: int) -> list[str]:
    """Return the folders of the phases' shards: `data` where there is but one."""
    width = len(str(count))
    return ["data"] if count == 1 else [f"data/phase-{number:0{width}d}" for number in range(1, count + 1)]


def _planned(phases: list[Any], n_domains: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the copies and the tokens of every phase and domain: (n_phases, n_domains) int64 each."""
    copies, tokens = np.zeros((2, len(phases), n_domains), np.int64)
    for number, phase in enumerate(phases):
        for domain in phase["domains"]:
            place = number, int(domain["id"].removeprefix("d"))
            copies[place], tokens[place] = domain["copies"], domain["planned_tokens"]
    return copies, tokens


def _names(folder: str, count: int) -> list[str]:
    return [f"{folder}/train-{shard:05d}-of-{count:05d}" for shard in range(count)]


def shard_files(shards: Artefact, form: ShardFormat) -> list[str]:
    """Return the files that stand for the shards of one format, in order."""
    return [name for name in sorted(shards.listed) if name.startswith("data/") and name.endswith(form.suffix)]
