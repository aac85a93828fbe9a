"""axolotl: one data set in which the mixture is applied already.

Its weights are fractions of a data set to keep, so they cannot repeat a domain, and streaming has none: the shards as
mixpipe writes them are read once, in order. Its trainer shuffles all samples, and so undoes the phases, unless
`curriculum_sampling` is true (0.19). The shards of several phases are named one after another.
"""

from collections.abc import Mapping

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.fingerprint import Json

__all__ = ["Axolotl"]

COMMENT = "the weights are applied already: read the shards once, in order, without weights"


class Axolotl:
    """A part of the configuration."""

    about = About(
        trainer="axolotl",
        units=("documents",),
        rule=in_full,
        location="{folder}/*.parquet",
        needs="the run's train/ folder as it is",
        formats=("parquet",),
        phases=True,
        applied=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `data.yaml`.

        Raises:
            ConfigError: places by domain are asked for, or a unit that is not theirs.
        """
        self.about.unit(settings)
        if "{" in (settings.location or "").replace("{folder}", ""):
            raise ConfigError(f"expected one --location of all shards for axolotl, found {settings.location!r}")
        files: list[Json] = list(dict.fromkeys(self.about.whole_place(phase, settings) for phase in blend.phases))
        dataset: dict[str, Json] = {"path": "parquet", "data_files": files, "type": "completion"}
        keys: dict[str, Json] = {"datasets": [{**dataset, "field": "text", "split": "train"}], "num_epochs": 1}
        shuffled: dict[str, Json] = {"shuffle_merged_datasets": False, "curriculum_sampling": True}
        return {"data.yaml": yaml_text({**keys, **shuffled, "sequence_len": settings.sequence_length}, COMMENT)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return nothing: there are no weights."""
        if any("weight" in dataset for dataset in read_yaml(files["data.yaml"])["datasets"]):
            raise ValueError("weights where the mixture is applied already")
        return []
