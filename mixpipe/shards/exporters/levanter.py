"""levanter and marin: `train_weights` by data set, or a list of [first step, weights] for several phases.

Sequences come in blocks that all have the same numbers of each domain, rounded down: in the usual block of 2,048 a
share below 1/2,048 is never read. The block is therefore set to 32,768 (it must be shorter than 2^16), and phases begin
at whole blocks. Only the strategy `restart` is there: a domain that ends begins again. The shards that a phase has of
its own are data sets of their own; a place that several phases read is one, which goes on where the phase before ended.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import BLOCK, in_blocks
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.shards.exporters.steps import first_steps
from mixpipe.store.fingerprint import Json

__all__ = ["Levanter"]


class Levanter:
    """A part of the configuration."""

    about = About(
        trainer="levanter, marin",
        units=("sequences",),
        rule=in_blocks,
        location="{folder}/{id}/*.jsonl.zst",
        needs="JSON lines or Parquet of each domain; levanter builds its own cache",
        formats=("jsonl", "parquet"),
        phases=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `data.yaml`."""
        starts = first_steps(blend.phases, settings, block=BLOCK)
        names: dict[str, str] = {}
        stages: list[tuple[int, dict[str, Json]]] = []
        for phase, start in zip(blend.phases, starts, strict=True):
            weights = self.about.weights(phase, settings)
            own = "" if phase.folder == "data" else f"-{phase.folder.removeprefix('data/')}"
            for place in self.about.places(phase, settings):
                names.setdefault(place.path, f"{place.key}{own}")
            stages.append((start, {names[path]: weight for path, weight in weights.items()}))
        staged: list[Json] = [[start, shares] for start, shares in stages]
        weighted: Json = staged if len(stages) > 1 else stages[0][1]
        configs: dict[str, Json] = {name: {"train_urls": [path]} for path, name in names.items()}
        data: dict[str, Json] = {"configs": configs, "train_weights": weighted}
        return {"data.yaml": yaml_text({"data": {**data, "mixture_block_size": BLOCK, "stop_strategy": "restart"}})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of each stage."""
        data = read_yaml(files["data.yaml"])["data"]
        place = {name: config["train_urls"][0] for name, config in data["configs"].items()}
        stages = data["train_weights"] if isinstance(data["train_weights"], list) else [[0, data["train_weights"]]]
        return [{place[name]: weight for name, weight in weights.items()} for _start, weights in stages]
