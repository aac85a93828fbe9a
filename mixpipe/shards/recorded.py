"""Where `dataset.json` and `mixture.json` say other than the shards hold, in all and in each phase."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from mixpipe.errors import StoreError
from mixpipe.shards.records import DatasetRecord, DomainEntry, MixtureRecord, mixture_digest, read_record
from mixpipe.shards.recount import Recount
from mixpipe.store.files import read_json

__all__ = ["by_id", "domain_problems", "mixture_problems", "phase_problems"]


def by_id(shares: Mapping[int, float]) -> dict[str, float]:
    """Return shares by domain id (`d007`), given by number."""
    return {f"d{domain:03d}": share for domain, share in shares.items()}


def phase_problems(path: Path, dataset: DatasetRecord, recount: Recount) -> Iterator[str]:
    """Yield where the counts of a phase are not as recorded.

    Args:
        path: of `mixture.json`.
        dataset: `dataset.json`.
        recount: of all shards.
    """
    for number, phase in enumerate(dataset.phases):
        yield from domain_problems(f"dataset.json, phase {phase.name}", phase.domains, recount.by_domain(number))
        yield from mixture_problems(path, f"mixture.json, phase {phase.name}", number, by_id(recount.shares(number)))


def domain_problems(
    where: str, domains: Sequence[DomainEntry], counted: Mapping[int, tuple[int, int]]
) -> Iterator[str]:
    """Yield where `dataset.json` and the shards count a domain differently."""
    recorded = {int(domain.id.removeprefix("d")): (domain.rows, domain.written_tokens) for domain in domains}
    for number in sorted({*recorded, *counted}):
        said, found = recorded.get(number, (0, 0)), counted.get(number, (0, 0))
        if said != found:
            yield (
                f"{where}: d{number:03d} has {said[0]} rows of {said[1]} tokens, "
                f"the shards hold {found[0]} rows of {found[1]} tokens"
            )


def mixture_problems(path: Path, label: str, phase: int | None, shares: Mapping[str, float]) -> Iterator[str]:
    """Yield where a `mixture.json`, in one phase or in all, and the shards differ."""
    try:
        record = read_record(path, MixtureRecord)
        weights = record.weights(phase)
    except (StoreError, IndexError) as error:
        yield f"{label}: unreadable ({error})"
        return
    for name in sorted({*weights, *shares}):
        said, found = weights.get(name, 0.0), shares.get(name, 0.0)
        if not np.isclose(said, found, rtol=1e-12, atol=0):
            yield f"{label}: the weight of {name} is {said:.6g}, the shards hold {found:.6g}"
    if phase is None and record.digest != mixture_digest(read_json(path)):
        yield f"{label}: its digest is not that of its content"
