"""Megatron-Bridge and NeMo: `blend=(paths, weights)`.

Draws as Megatron-LM does: sequences, so token shares. `blend_per_split` takes the same pair three times; only the
training split has one. Every shard is a path with its part of its domain's weight; a phase is a run of its own.
"""

import json
from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.files import json_text
from mixpipe.store.fingerprint import Json

__all__ = ["MegatronBridge"]


class MegatronBridge:
    """Pairs of paths and weights as JSON."""

    about = About(
        trainer="Megatron-Bridge, NeMo",
        units=("sequences",),
        rule=largest_deficit,
        location="{folder}/{id}/{shard}",
        needs=".bin and .idx of each domain; a place is their path without the ending",
        formats=("megatron",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `blend.json`."""
        weights = self.about.weights(blend.whole, settings)
        pair: list[Json] = [list(weights), list(weights.values())]
        split: list[Json] = [pair, None, None]
        return {"blend.json": json_text({"blend": pair, "blend_per_split": split})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of the pair."""
        return [dict(zip(*json.loads(files["blend.json"])["blend"], strict=True))]
