"""MosaicML Streaming and LLM Foundry: `streams` with `choose`, the exact samples of each domain in an epoch.

`proportion` is relative and holds in expectation only, and the two cannot be mixed: `choose` is written, without an
`epoch_size`, which its reader refuses beside it (0.13), and `proportion` with one into a file of its own. A sample is a
document where shards hold text, and a sequence where they hold tokens of fixed length. `shuffle` is needed: without it
batches are of one stream for long stretches (streaming issue 342).
"""

from collections.abc import Mapping

import numpy as np

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.fingerprint import Json

__all__ = ["MosaicMl"]

COMMENT = "one epoch is the whole run: {samples} samples ({unit})\ngive {{shuffle: true}} to the dataset"


class MosaicMl:
    """Streams, by domain."""

    about = About(
        trainer="MosaicML Streaming, LLM Foundry",
        units=("documents", "sequences"),
        rule=in_full,
        location="{folder}/{id}",
        needs="one folder of MDS shards with index.json for each domain",
        formats=("mds",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the streams with numbers, and with proportions."""
        phase, unit = blend.whole, self.about.unit(settings)
        samples = phase.rows if unit == "documents" else max(phase.tokens // settings.sequence_length, 1)
        weights = self.about.weights(phase, settings)
        counts = in_full.draw(np.array(list(weights.values())), samples, np.zeros(len(weights)), 0)
        chosen: dict[str, Json] = {}
        relative: dict[str, Json] = {}
        keys = [place.key for place in self.about.places(phase, settings)]
        for key, (path, weight), count in zip(keys, weights.items(), counts.tolist(), strict=True):
            relative[key] = {"local": path, "proportion": weight}
            if count:
                chosen[key] = {"local": path, "choose": count}
        comment = COMMENT.format(samples=samples, unit=unit)
        return {
            "streams.yaml": yaml_text({"streams": chosen}, comment),
            "streams-proportion.yaml": yaml_text({"streams": relative, "epoch_size": samples}, comment),
        }

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the share of each stream in the samples that are chosen."""
        streams = read_yaml(files["streams.yaml"])["streams"].values()
        samples = sum(one["choose"] for one in streams)
        return [{one["local"]: one["choose"] / samples for one in streams}]
