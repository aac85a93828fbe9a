"""A run's shards under another mixture: the blend that trainers are told is made anew, and no shard is touched.

For shards by domain, which hold no mixture. Shares are of as many tokens as the run has. A static mixture holds in
every phase of the data; a mixture of several phases needs data of as many, or of one, which each phase then reads from
its beginning, so that what a later one uses again is counted in the epochs.
"""

from collections.abc import Sequence
from dataclasses import replace

from mixpipe.errors import ConfigError
from mixpipe.mixture.given import GivenMixture, GivenPhase
from mixpipe.shards.exporters.blend import Blend, Phase, Portion

__all__ = ["reweighted"]


def reweighted(blend: Blend, given: GivenMixture) -> Blend:
    """Return the blend of the same shards in a given mixture.

    Raises:
        ConfigError: the shards have a mixture in them, a domain has none, or the phases do not fit.
    """
    if blend.layout == "mixed":
        raise ConfigError(
            "expected shards of each domain for --mixture, found shards that have the mixture in them; run with "
            "--set shards.layout=by-domain, or with --set mixture=FILE for other shards"
        )
    phases = tuple(
        _weighted(held, asked, share, blend.whole.tokens * share) for held, asked, share in _paired(blend, given)
    )
    whole = _together(phases) if len(phases) > 1 else phases[0]
    kept = {portion.name for portion in whole.portions}
    known = dict.fromkeys([*(portion.name for portion in blend.whole.portions), *blend.left_out])
    return replace(blend, phases=phases, whole=whole, left_out=tuple(name for name in known if name not in kept))


def _paired(blend: Blend, given: GivenMixture) -> list[tuple[Phase, GivenPhase, float]]:
    """Return the data, the mixture and the share of the tokens of each phase."""
    if len(given.phases) == 1:
        return [(phase, given.phases[0], phase.share) for phase in blend.phases]
    if len(blend.phases) == 1:
        return [(blend.phases[0], asked, asked.share) for asked in given.phases]
    if len(blend.phases) != len(given.phases):
        raise ConfigError(
            f"mixture: expected 1 or {len(blend.phases)} phases, as many as the shards have, found {len(given.phases)}"
        )
    return [(held, asked, asked.share) for held, asked in zip(blend.phases, given.phases, strict=True)]


def _weighted(held: Phase, asked: GivenPhase, share: float, tokens: float) -> Phase:
    weights = {name: weight for name, weight in asked.weights.items() if weight > 0}
    known = {portion.name: portion for portion in held.portions}
    if unknown := sorted(set(weights) - set(known)):
        raise ConfigError(
            f"mixture: expected domains with documents in the shards ({', '.join(known)}), found {', '.join(unknown)}"
        )
    portions = [_resized(known[name], weight, weight * tokens) for name, weight in weights.items()]
    ordered = sorted(portions, key=lambda portion: portion.id)
    return Phase(held.name if asked.name == "main" else asked.name, share, tuple(ordered), held.folder, held.rate)


def _resized(portion: Portion, share: float, tokens: float) -> Portion:
    """Return a portion of another size, of documents of the same mean length."""
    rows = max(1, round(tokens / portion.tokens_per_document))
    read = max(1, round(rows * portion.tokens_per_document))
    documents = min(portion.documents, rows)
    return replace(portion, share=share, tokens=read, rows=rows, documents=documents, held_rows=portion.held)


def _together(phases: Sequence[Phase]) -> Phase:
    """Return the domains over all phases."""
    found: dict[str, list[tuple[float, Portion]]] = {}
    for phase in phases:
        for portion in phase.portions:
            found.setdefault(portion.id, []).append((phase.share, portion))
    portions = [
        replace(
            parts[0][1],
            share=sum(share * part.share for share, part in parts),
            tokens=sum(part.tokens for _, part in parts),
            rows=sum(part.rows for _, part in parts),
            shards=(),
        )
        for _, parts in sorted(found.items())
    ]
    return Phase("all", 1.0, tuple(portions))
