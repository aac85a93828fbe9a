"""Megatron-LM: weights and prefixes for `--data-args-path` and `--per-split-data-args-path`.

A draw is a sequence of fixed length, so the weights are token shares; the blender gives each sequence to the domain
furthest behind, and repeats a domain as the length of training demands. Weights must be above zero. Every shard is a
prefix with its part of its domain's weight. Each phase is a launch of its own, all with the same
`--phase-transition-iterations`: the first steps in `phases.json` from the second on. `sequences.json` is for
`--per-dataset-sequences-path`: what stands in the `.idx` head, sequences and documents + 1; the shards' sequences are
their documents or, packed, of one length.
"""

import json
from collections.abc import Mapping
from itertools import chain

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.protocol import About, Place, Settings, Weights

__all__ = ["Megatron"]


class Megatron:
    """Lists of weight and prefix."""

    about = About(
        trainer="Megatron-LM",
        units=("sequences",),
        rule=largest_deficit,
        location="{folder}/{id}/{shard}",
        needs=".bin and .idx of each domain; a place is their path without the ending",
        formats=("megatron",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the list in both forms, and the sequences of each prefix.

        Raises:
            ConfigError: a path has white space, which the list cannot hold.
        """
        weights = self.about.weights(blend.whole, settings)
        if bad := [place for place in weights if len(place.split()) != 1 or place.strip() != place]:
            raise ConfigError(f"expected paths without white space for Megatron's list, found {bad[0]!r}; use {{id}}")
        pairs = list(chain.from_iterable((repr(weight), place) for place, weight in weights.items()))
        lines = "".join(f"{weight} {place}\n" for weight, place in zip(pairs[::2], pairs[1::2], strict=True))
        counts = {place.path: _sequences(place, blend.packed) for place in self.about.places(blend.whole, settings)}
        return {
            "train.args": lines,
            "blend.json": json.dumps({"train": pairs, "valid": None, "test": None}, indent=2) + "\n",
            "sequences.json": json.dumps({path: [n, n + 1] for path, n in counts.items()}, indent=2) + "\n",
        }

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of the list for training."""
        words = files["train.args"].split()
        return [{place: float(weight) for weight, place in zip(words[::2], words[1::2], strict=True)}]


def _sequences(place: Place, packed: int | None) -> int:
    """Return the sequences in the files of a place."""
    if packed is None or place.encoded is None:
        return place.rows
    return place.encoded // packed
