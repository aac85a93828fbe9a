"""What a trainer will really read: draws by its rule from the weights in the files written, set beside the mixture.

Documents count with the mean length of their domain and sequences with the fixed one, so what is simulated is unit,
rule, rounding and chance, not the spread of lengths inside a domain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mixpipe.shards.exporters.blend import Blend, Phase, Portion
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.protocol import Exporter, Settings, Weights
from mixpipe.shards.exporters.written import read_back
from mixpipe.store.fingerprint import Json

__all__ = ["Outlook", "PhaseOutlook", "Simulation", "simulate"]


@dataclass(frozen=True)
class Outlook:
    """One domain: token shares wanted and realised, and how often it is read."""

    id: str
    name: str
    target: float
    realised: float
    epochs: float

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class PhaseOutlook:
    """One phase: its domains, how many draws it has and how many were planned."""

    name: str
    domains: tuple[Outlook, ...]
    draws: int
    planned: int

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        domains: list[Json] = [domain.as_json() for domain in self.domains]
        return {"name": self.name, "domains": domains, "draws": self.draws, "planned_draws": self.planned}


@dataclass(frozen=True)
class Simulation:
    """A run of one trainer.

    Attributes:
        domains: over all phases.
        phases: in order; one where the run has one.
        unit: of a draw.
        deviation: the largest difference of a share from its target in any phase or over all, 0..1.
    """

    domains: tuple[Outlook, ...]
    phases: tuple[PhaseOutlook, ...]
    unit: str
    deviation: float

    @property
    def draws(self) -> int:
        """Draws of the whole run."""
        return sum(phase.draws for phase in self.phases)

    @property
    def planned(self) -> int:
        """Draws that the whole run would have if nothing ended it early or late."""
        return sum(phase.planned for phase in self.phases)

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        domains: list[Json] = [domain.as_json() for domain in self.domains]
        drawn: dict[str, Json] = {"draws": self.draws, "planned_draws": self.planned, "unit": self.unit}
        phases: list[Json] = [phase.as_json() for phase in self.phases]
        return {"domains": domains, "phases": phases, **drawn, "largest_deviation": self.deviation}


def simulate(exporter: Exporter, blend: Blend, files: Mapping[str, str], settings: Settings) -> Simulation:
    """Draw a run of the length planned.

    Args:
        exporter: of the trainer.
        blend: what was wanted.
        files: what was written.
        settings: as they were for writing.
    """
    tokens = dict.fromkeys((part.id for part in blend.whole.portions), 0.0)
    phases = []
    for phase, weights in zip(blend.phases, read_back(exporter, files, blend), strict=True):
        read, drawn, planned = _phase_tokens(exporter, phase, weights, settings)
        phases.append(PhaseOutlook(phase.name, _outlooks(phase.portions, read), drawn, planned))
        for portion, amount in zip(phase.portions, read.tolist(), strict=True):
            tokens[portion.id] += amount
    domains = _outlooks(blend.whole.portions, np.array([tokens[part.id] for part in blend.whole.portions]))
    everything = [domain for found in (domains, *(phase.domains for phase in phases)) for domain in found]
    deviation = max(abs(domain.realised - domain.target) for domain in everything)
    return Simulation(domains, tuple(phases), exporter.about.unit(settings), deviation)


def _outlooks(portions: Sequence[Portion], read: NDArray[np.float64]) -> tuple[Outlook, ...]:
    """Return the outlook of each domain, given the tokens read of it: (n_portions,)."""
    shares = (read / read.sum()).tolist()
    return tuple(
        Outlook(part.id, part.name, part.share, share, amount / max(part.available_tokens, 1))
        for part, share, amount in zip(portions, shares, read.tolist(), strict=True)
    )


def _phase_tokens(
    exporter: Exporter, phase: Phase, weights: Weights | None, settings: Settings
) -> tuple[NDArray[np.float64], int, int]:
    """Return tokens read of each domain, (n_portions,) float64, the number of draws and that planned."""
    about, is_documents = exporter.about, exporter.about.unit(settings) == "documents"
    lengths = np.array([portion.tokens_per_document for portion in phase.portions])
    size = lengths if is_documents else np.full(len(lengths), settings.sequence_length)
    planned = phase.rows if is_documents else max(ceil(phase.tokens / settings.sequence_length), 1)
    rows = np.array([portion.rows for portion in phase.portions], dtype=np.float64)
    if weights is None:  # the rows lie there as they are to be read
        counts = in_full.draw(rows, planned, rows, settings.seed)
        return counts * size, int(counts.sum()), planned
    places = about.places(phase, settings)
    at = [phase.portions.index(place.portion) for place in places]
    held = np.array([place.portion.held * place.part for place in places])
    there = held if is_documents else np.maximum(held * lengths[at] // settings.sequence_length, 1)
    shares = np.array([weights.get(place.path, 0.0) for place in places])
    counts = np.bincount(at, about.rule.draw(shares, planned, there, settings.seed), minlength=len(rows))
    return counts * size, int(counts.sum()), planned
