"""Megatron-Bridge and NeMo: `blend=(paths, weights)`, one pair for each phase.

Draws as Megatron-LM does: sequences, so token shares. `blend_per_split` takes the same pair three times; only the
training split has one.
"""

import json
from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.shards.exporters.steps import first_steps
from mixpipe.store.files import json_text
from mixpipe.store.fingerprint import Json

__all__ = ["MegatronBridge"]


class MegatronBridge:
    """Pairs of paths and weights as JSON."""

    about = About(
        trainer="Megatron-Bridge, NeMo",
        units=("sequences",),
        rule=largest_deficit,
        location="data/{id}/train-00000-of-00001",
        needs="one .bin and .idx of each domain; the place is their path without the ending",
        phases=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `blend.json`."""
        phases: list[Json] = []
        for phase, start in zip(blend.phases, first_steps(blend.phases, settings), strict=True):
            weights = self.about.weights(phase, settings)
            pair: list[Json] = [list(weights), list(weights.values())]
            split: list[Json] = [pair, None, None]
            phases.append({"name": phase.name, "first_step": start, "blend": pair, "blend_per_split": split})
        return {"blend.json": json_text({"phases": phases})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of each pair."""
        return [dict(zip(*phase["blend"], strict=True)) for phase in json.loads(files["blend.json"])["phases"]]
