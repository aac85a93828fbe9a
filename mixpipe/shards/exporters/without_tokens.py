"""Shards that a trainer of tokens has nothing to read of, though they have documents.

All these documents are without tokens, or together shorter than the one sequence that shards are packed to. Readers
fail on what is empty, each in its own way: megatron-core cannot map an empty `.bin`, litdata refuses an index without
chunks, nanotron divides by the number of samples. So such shards are not told, and a domain that has no others is left
out and named, as one without a share is; where it has some in another phase, with the phase.
"""

from dataclasses import replace
from math import fsum

from mixpipe.errors import InputError
from mixpipe.shards.exporters.blend import Blend, Phase, Portion

__all__ = ["without_empty"]


def without_empty(blend: Blend) -> Blend:
    """Return the blend of the shards that have tokens, in each phase, as far as they are known.

    Shares are scaled to sum to 1 again.

    Raises:
        InputError: no shard of a phase has any.
    """
    phases = tuple(_filled(phase, blend.packed) for phase in blend.phases)
    kept = {portion.id for phase in phases for portion in phase.portions}
    whole = _scaled(blend.whole, [one for one in blend.whole.portions if one.id in kept])
    left_out = [portion.name for portion in blend.whole.portions if portion.id not in kept]
    for before, phase in zip(blend.phases, phases, strict=True):
        lost = {portion.id: portion.name for portion in before.portions if portion.id in kept}
        for portion in phase.portions:
            del lost[portion.id]
        left_out += [f"{name} in phase {phase.name!r}" for name in lost.values()]
    return replace(
        blend, phases=phases, whole=whole if len(phases) > 1 else phases[0], left_out=(*blend.left_out, *left_out)
    )


def _filled(phase: Phase, packed: int | None) -> Phase:
    portions = list[Portion]()
    for portion in phase.portions:
        shards = tuple(entry for entry in portion.shards if entry.encoded_tokens != 0)
        if shards or not portion.shards:
            portions.append(replace(portion, shards=shards))
    if not portions:
        short = f" or make no sequence of {packed}: lower shards.sequence_length" if packed else ""
        raise InputError(
            f"expected tokens in the shards of phase {phase.name!r}, found none in those of {len(phase.portions)} "
            f"domains: their documents are empty{short}"
        )
    return _scaled(phase, portions)


def _scaled(phase: Phase, portions: list[Portion]) -> Phase:
    total = fsum(portion.share for portion in portions)
    return replace(phase, portions=tuple(replace(portion, share=portion.share / total) for portion in portions))
