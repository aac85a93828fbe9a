"""Which shard a copy belongs to, and what shards are called: all domains mixed, or each a data set of its own.

`mixed`: `data/train-00000-of-00042`, the mixture applied: to be read once, in order. `by-domain`:
`data/d007/train-00000-of-00003`, every document as often as planned, shuffled inside its domain; the shares are for
the trainer to apply and stand in `mixture.json`. A domain's text is estimated from its share of the tokens, so its
shards may be larger than asked where its tokens are longer than others'.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError
from mixpipe.shards.formats.protocol import ShardFormat
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table

__all__ = ["LayoutName", "ShardLayout", "shard_files", "shard_layout"]

LayoutName = Literal["mixed", "by-domain"]


class ShardLayout(NamedTuple):
    """The shards of a data set.

    Attributes:
        names: of the shards, without a suffix.
        first: (n_domains,) int64, the first of the shards that hold a domain.
        counts: (n_domains,) int64, how many follow one another from there.
    """

    names: list[str]
    first: NDArray[np.int64]
    counts: NDArray[np.int64]

    def shards(self, domain: NDArray[np.int32], position: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the shard of each copy: (n_copies,) int64, of its domain and its position in 0..1."""
        # A position may be 1: (copy + u) / copies is rounded up to it where u is within 1e-16 of 1.
        count = self.counts[domain]
        return self.first[domain] + np.minimum((position * count).astype(np.int64), count - 1)

    def stretch(self, shard: int) -> range:
        """Return the shards that are read one after another, among which one is."""
        domain = int(np.flatnonzero((self.first <= shard) & (shard < self.first + self.counts))[0])
        return range(int(self.first[domain]), int(self.first[domain] + self.counts[domain]))


def shard_layout(name: LayoutName, shard_mib: float, plan: Artefact, domains: Artefact) -> ShardLayout:
    """Return the layout of what was planned, in shards of `shard_mib` MiB of text, one at least.

    Raises:
        ConfigError: domains on their own, of a plan of several phases.
    """
    n_domains = read_table(domains.file("domains.parquet"), ["domain"]).num_rows
    wanted = plan.counts["bytes"] / (shard_mib * 2**20)
    if name == "mixed":
        count = max(1, int(np.ceil(wanted)))
        return ShardLayout(_names("data", count), np.zeros(n_domains, np.int64), np.full(n_domains, count))
    phases: list[Any] = read_json(plan.file("mixture.json"))["phases"]
    if len(phases) > 1:
        raise ConfigError(
            f"shards.layout: expected a plan of one phase for by-domain, where the trainer says when it reads what, "
            f"found {len(phases)} phases; choose mixed or take plan.phases out"
        )
    counts = np.zeros(n_domains, np.int64)
    total = sum(domain["planned_tokens"] for domain in phases[0]["domains"])
    for domain in phases[0]["domains"]:
        if domain["copies"]:
            share = domain["planned_tokens"] / total
            counts[int(domain["id"].removeprefix("d"))] = max(1, int(np.ceil(wanted * share)))
    names = [name for domain, count in enumerate(counts.tolist()) for name in _names(f"data/d{domain:03d}", count)]
    return ShardLayout(names, np.cumsum(counts) - counts, counts)


def _names(folder: str, count: int) -> list[str]:
    return [f"{folder}/train-{shard:05d}-of-{count:05d}" for shard in range(count)]


def shard_files(shards: Artefact, form: ShardFormat) -> list[str]:
    """Return the files that stand for the shards of one format, in order."""
    return [name for name in sorted(shards.listed) if name.startswith("data/") and name.endswith(form.suffix)]
