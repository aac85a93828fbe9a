"""Shards: what was written, and the share of tokens that each domain really has."""

from dataclasses import dataclass

from mixpipe.report.facts import Artefacts
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Dataset", "Realised", "Tier", "read_dataset"]


@dataclass(frozen=True)
class Realised:
    """One domain in the shards; `target` and `share` are shares of tokens."""

    number: int
    name: str
    rows: int
    documents: int
    tokens: int
    target: float
    share: float
    epochs: float


@dataclass(frozen=True)
class Tier:
    """What of the training data has licences of one tier."""

    tier: int
    rows: int
    tokens: int


@dataclass(frozen=True)
class Dataset:
    """The training data as it lies on disk."""

    formats: tuple[str, ...]
    rows: int
    tokens: int
    shards: int
    text_bytes: int
    domains: tuple[Realised, ...]
    tiers: tuple[Tier, ...]


def read_dataset(artefacts: Artefacts) -> Dataset | None:
    """Return what the shards hold; None before them."""
    if "shards" not in artefacts:
        return None
    found = read_json(artefacts["shards"].file("dataset.json"))
    split = found["splits"]["train"]
    domains = tuple(
        Realised(
            number=int(row["id"].removeprefix("d")),
            name=printable(row["name"], 80),
            rows=row["rows"],
            documents=row["docs"],
            tokens=row["written_tokens"],
            target=row["weight_target"],
            share=row["weight_realised"],
            epochs=row["epochs"],
        )
        for row in found["domains"]
    )
    tiers = tuple(Tier(**row) for row in found["licence_tiers"])
    sums = (split["rows"], split["tokens"], split["shards"], found["text_bytes"])
    return Dataset(tuple(found["formats"]), *sums, domains, tiers)
