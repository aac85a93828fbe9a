"""What a trainer will really read: draws by its rule from the weights in the files written, set beside the mixture.

Documents count with the mean length of their domain and sequences with the fixed one, so what is simulated is unit,
rule, rounding and chance, not the spread of lengths inside a domain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from mixpipe.shards.exporters.blend import Blend, Phase
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.protocol import Exporter, Settings, Weights
from mixpipe.store.fingerprint import Json

__all__ = ["Outlook", "Simulation", "simulate"]


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
class Simulation:
    """A run of one trainer.

    Attributes:
        domains: over all phases.
        draws: of the whole run.
        unit: of a draw.
        deviation: the largest difference of a share from its target in any phase or over all, 0..1.
    """

    domains: tuple[Outlook, ...]
    draws: int
    unit: str
    deviation: float

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        domains: list[Json] = [domain.as_json() for domain in self.domains]
        return {"domains": domains, "draws": self.draws, "unit": self.unit, "largest_deviation": self.deviation}


def simulate(exporter: Exporter, blend: Blend, files: Mapping[str, str], settings: Settings) -> Simulation:
    """Draw a run of the length planned.

    Args:
        exporter: of the trainer.
        blend: what was wanted.
        files: what was written.
        settings: as they were for writing.
    """
    about, phases = exporter.about, exporter.about.phases_of(blend)
    written: list[Weights | None] = [*exporter.read(files)] or [None] * len(phases)
    tokens, draws, deviation = dict.fromkeys((part.id for part in blend.whole.portions), 0.0), 0, 0.0
    for phase, weights in zip(phases, written, strict=True):
        read, drawn = _phase_tokens(exporter, phase, weights, settings)
        draws += drawn
        deviation = max(deviation, float(np.abs(read / read.sum() - phase.token_shares()).max()))
        for portion, amount in zip(phase.portions, read.tolist(), strict=True):
            tokens[portion.id] += amount
    total = sum(tokens.values())
    domains = tuple(
        Outlook(
            part.id, part.name, part.share, tokens[part.id] / total, tokens[part.id] / max(part.available_tokens, 1)
        )
        for part in blend.whole.portions
    )
    over_all = max(abs(domain.realised - domain.target) for domain in domains)
    return Simulation(domains, draws, about.unit(settings), max(deviation, over_all))


def _phase_tokens(
    exporter: Exporter, phase: Phase, weights: Weights | None, settings: Settings
) -> tuple[np.ndarray, int]:
    """Return tokens read of each domain, (k,) float64, and the number of draws."""
    about, rows = exporter.about, np.array([portion.rows for portion in phase.portions], dtype=np.float64)
    if weights is None:  # the rows lie there as they are to be read
        shares, rule = rows / rows.sum(), in_full
    else:
        shares, rule = np.array([weights.get(place, 0.0) for place in about.places(phase, settings)]), about.rule
    if about.unit(settings) == "documents":
        draws, size = phase.rows, np.array([portion.tokens_per_document for portion in phase.portions])
    else:
        draws, size = (
            max(ceil(phase.tokens / settings.sequence_length), 1),
            np.full(len(rows), settings.sequence_length),
        )
    counts = rule.draw(shares, draws, rows, settings.seed)
    return counts * size, int(counts.sum())
