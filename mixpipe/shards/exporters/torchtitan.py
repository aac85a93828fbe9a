"""torchtitan: a mix of weighted data sets, as Python.

An element is a document before packing and a sequence after it; the default is documents. Weights must be above zero.
Read in its main branch of August 2026 (`torchtitan.components.data`): elements are interleaved in fixed numbers by
Grain's `MapDataset.mix`, an epoch ends with the first domain that does, then all begin again. The release 0.3.0 has
other classes (`InterleavedHuggingFaceTextDataLoader`), which draw packed sequences by chance: give them WEIGHTS of
`--unit sequences`. The call takes the classes as arguments, because they may still change.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.literals import python_text, python_values
from mixpipe.shards.exporters.protocol import About, Settings, Weights

__all__ = ["TorchTitan"]

COMMENT = "The mixture for torchtitan: give mix() the classes of your version and a function from path to data set."
CODE = '''
def mix(DatasetMixConfig, WeightedDataset, dataset):
    """Return the mix; dataset(path) is the configuration of one domain's data."""
    return DatasetMixConfig(
        datasets=tuple(
            WeightedDataset(dataset=dataset(path), weight=weight) for path, weight in zip(PATHS, WEIGHTS, strict=True)
        )
    )
'''


class TorchTitan:
    """Lists of paths and weights, and the call."""

    about = About(
        trainer="torchtitan",
        units=("documents", "sequences"),
        rule=in_full,
        location="{folder}/{id}",
        needs="Parquet or JSON lines of each domain",
        formats=("parquet", "jsonl"),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the module."""
        weights = self.about.weights(blend.whole, settings)
        values = {"UNIT": self.about.unit(settings), "PATHS": list(weights), "WEIGHTS": list(weights.values())}
        return {"dataset_mix.py": python_text(COMMENT, values, CODE)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights."""
        found = python_values(files["dataset_mix.py"])
        return [dict(zip(found["PATHS"], found["WEIGHTS"], strict=True))]
