"""What a trainer is told: the domains of a run with their token shares, read from a published `mixture.json`.

Domains without a share or without a document are left out, and named, because trainers refuse or hang on a zero
weight; the others are scaled to sum to 1. Nothing else of the store is needed: a copy of `train/` will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from mixpipe.errors import ConfigError, InputError
from mixpipe.shards.records import read_record

__all__ = ["Blend", "Phase", "Portion", "read_blend"]


class _Domain(BaseModel):
    id: str = Field(pattern=r"^d\d+$")
    name: str
    weight: float = Field(ge=0, allow_inf_nan=False)
    planned_tokens: int = Field(ge=0)
    available_tokens: int = Field(ge=0)
    docs: int = Field(ge=0)
    copies: int = Field(ge=0)


class _Phase(BaseModel):
    name: str
    share: float = Field(gt=0, le=1)
    domains: list[_Domain]


class _Mixture(BaseModel):
    schema_: Literal["mixpipe.mixture/1"] = Field(alias="schema")
    phases: list[_Phase] = Field(min_length=1)
    domains: list[_Domain] = []


@dataclass(frozen=True)
class Portion:
    """One domain's part of the data.

    Attributes:
        id: `d017`.
        name: for people; may hold any character.
        share: of the tokens, above 0.
        tokens: to be read, repeats included.
        rows: documents to be read, repeats included.
        documents: distinct ones among them.
        available_tokens: of the domain, once.
    """

    id: str
    name: str
    share: float
    tokens: int
    rows: int
    documents: int
    available_tokens: int

    @property
    def tokens_per_document(self) -> float:
        """Mean over rows as they are written, repeats included."""
        return self.tokens / self.rows


@dataclass(frozen=True)
class Phase:
    """A stretch of the training data with one mixture; `share` is its part of all tokens."""

    name: str
    share: float
    portions: tuple[Portion, ...]

    @property
    def tokens(self) -> int:
        """Tokens to be read, repeats included."""
        return sum(portion.tokens for portion in self.portions)

    @property
    def rows(self) -> int:
        """Documents to be read, repeats included."""
        return sum(portion.rows for portion in self.portions)

    def token_shares(self) -> NDArray[np.float64]:
        """Return (n_portions,) float64, summing to 1."""
        return np.array([portion.share for portion in self.portions])

    def document_shares(self) -> NDArray[np.float64]:
        """Return the probabilities of drawing a document: (n_portions,) float64, p_i = (w_i / L_i) / sum_j (w_j / L_j).

        w is the token share, L the mean tokens of a document.
        """
        lengths = np.array([portion.tokens_per_document for portion in self.portions])
        weights = self.token_shares() / lengths
        return np.asarray(weights / fsum(weights))


@dataclass(frozen=True)
class Blend:
    """A run's mixture.

    Attributes:
        phases: in order; a static mixture is one.
        whole: over all phases; the same as the only phase where there is but one.
        left_out: names of domains without a share or a document.
    """

    phases: tuple[Phase, ...]
    whole: Phase
    left_out: tuple[str, ...] = ()

    def only(self, name: str) -> "Blend":
        """Return one phase as a blend of its own.

        Raises:
            ConfigError: there is no such phase.
        """
        for phase in self.phases:
            if phase.name == name:
                alone = replace(phase, share=1.0)
                return replace(self, phases=(alone,), whole=alone)
        known = ", ".join(repr(phase.name) for phase in self.phases)
        raise ConfigError(f"expected a phase among {known}, found {name!r}")


def read_blend(folder: Path) -> Blend:
    """Read the mixture of a run or of its `train/` folder.

    Raises:
        InputError: there is no mixture, or no domain of it has a document.
        StoreError: the mixture cannot be read, or its fields are not those of the schema.
    """
    path = folder / "mixture.json"
    if not path.is_file():
        raise InputError(
            f"expected mixture.json in {folder}, found none; give <root>/runs/<name> of a finished run, or its train/"
        )
    record = read_record(path, _Mixture)
    listed = record.domains or record.phases[0].domains
    whole = _phase("all", 1.0, listed, path)
    phases = tuple(_phase(phase.name, phase.share, phase.domains, path) for phase in record.phases)
    kept = {portion.id for portion in whole.portions}
    return Blend(phases, whole, tuple(domain.name for domain in listed if domain.id not in kept))


def _phase(name: str, share: float, domains: Sequence[_Domain], path: Path) -> Phase:
    kept = [domain for domain in domains if domain.weight > 0 and domain.planned_tokens > 0 and domain.copies > 0]
    if not kept:
        raise InputError(f"expected a domain with a weight and documents in phase {name!r} of {path}, found none")
    total = fsum(domain.weight for domain in kept)
    portions = (
        Portion(
            id=domain.id,
            name=domain.name,
            share=domain.weight / total,
            tokens=domain.planned_tokens,
            rows=domain.copies,
            documents=domain.docs,
            available_tokens=domain.available_tokens,
        )
        for domain in kept
    )
    return Phase(name, share, tuple(portions))
