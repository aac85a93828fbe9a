"""The mixture: chosen shares beside the natural ones, how often each domain is read, and what the cap allows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixpipe.mixture.epochs import effective_tokens
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import Domain, read_domains
from mixpipe.report.facts.plan import read_plan
from mixpipe.store.files import read_json

__all__ = ["Mixture", "Portion", "read_mixture"]


@dataclass(frozen=True)
class Portion:
    """One domain's portion of the mixture.

    Attributes:
        domain: which.
        weight: its token share.
        cap: the largest share that the epoch cap allows.
        epochs: how often its tokens are read.
        tokens: of the training run.
        effective_tokens: fresh tokens that they are worth, for what is read again teaches less.
        unconstrained: its share in the best mixture without caps and floors, when the search gives one.
        strata: the shares of its tokens that the search gave to equal ranges of its quality, worst first; empty where
            it looked for none or gave the domain nothing.
    """

    domain: Domain
    weight: float
    cap: float
    epochs: float
    tokens: float
    effective_tokens: float
    unconstrained: float | None
    strata: tuple[float, ...] = ()


@dataclass(frozen=True)
class Mixture:
    """The mixture by domain number, and the budget it is for.

    Attributes:
        change: for a given mixture, the largest change of a share that the caps asked for; None when it was sought.
        departure: the largest change of a share that the plan makes to what was found or given: by its phases, or its
            `shares`.
    """

    portions: tuple[Portion, ...]
    budget_tokens: int
    max_epochs: float
    change: float | None
    departure: float = 0.0


def read_mixture(artefacts: Artefacts) -> Mixture | None:
    """Return the mixture: as planned, or before the plan as found; None before the search."""
    if "search" not in artefacts:
        return None
    search = artefacts["search"]
    domains = read_domains(artefacts)
    shares: dict[str, Any] = read_json(search.file("mixture.json"))
    weights: list[float] = shares["weights"]
    strata: list[list[float]] = shares.get("strata", [[]] * len(weights))
    found: dict[str, Any] = read_json(search.file("search.json"))
    free: list[float] | None = found.get("evidence", {}).get("unconstrained")
    config: Any = search.manifest.identity["config"]
    budget, most = int(config["budget_tokens"]), float(config["max_epochs"])
    plan = read_plan(artefacts)
    portions = []
    for domain, found_weight, inside in zip(domains, weights, strata, strict=True):
        weight = found_weight if plan is None else plan.domains[domain.number].weight  # the plan may have its own
        available = domain.tokens if plan is None else plan.domains[domain.number].available_tokens
        tokens = weight * budget if plan is None else plan.domains[domain.number].planned_tokens
        read = tokens / max(available, 1)
        portions.append(
            Portion(
                domain=domain,
                weight=weight,
                cap=min(1.0, most * available / budget),
                epochs=read,
                tokens=tokens,
                effective_tokens=float(effective_tokens(np.asarray(available), np.asarray(read))),
                unconstrained=None if free is None else free[domain.number],
                strata=tuple(part / found_weight for part in inside) if found_weight > 0 else (),
            )
        )
    departure = max(
        (abs(portion.weight - weight) for portion, weight in zip(portions, weights, strict=True)), default=0.0
    )
    return Mixture(tuple(portions), budget, most, found.get("largest_change"), departure)
