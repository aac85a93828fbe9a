"""GPT-NeoX: `train_data_paths` and `train_data_weights`, sequences drawn as Megatron does, so token shares.

`weight_by_num_documents` would replace the weights by ones from document counts: it is written as false. Every shard is
a path with its part of its domain's weight.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights

__all__ = ["GptNeox"]


class GptNeox:
    """A part of the configuration."""

    about = About(
        trainer="GPT-NeoX",
        units=("sequences",),
        rule=largest_deficit,
        location="{folder}/{id}/{shard}",
        needs=".bin and .idx of each domain; a place is their path without the ending",
        formats=("megatron",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `data.yml`."""
        weights = self.about.weights(blend.whole, settings)
        keys = {"train_data_paths": list(weights), "train_data_weights": list(weights.values())}
        return {
            "data.yml": yaml_text({**keys, "weight_by_num_documents": False, "seq_length": settings.sequence_length})
        }

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights."""
        found = read_yaml(files["data.yml"])
        return [dict(zip(found["train_data_paths"], found["train_data_weights"], strict=True))]
