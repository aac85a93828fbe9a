"""LLaMA-Factory: `dataset_info.json` and `interleave_probs`, the probability of a document.

Probabilities work with an interleaving strategy only. `interleave_over` is `all_exhausted`: it reads until every domain
was read to its end, so somewhat more than planned. A folder is read whole, and files of two kinds in it are refused
(0.9.5). `dataset_dir` is the folder of `dataset_info.json`, to which places are relative.
"""

import json
from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import until_all_are_read
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.files import json_text
from mixpipe.store.fingerprint import Json

__all__ = ["LlamaFactory"]


class LlamaFactory:
    """Data sets and a part of the configuration."""

    about = About(
        trainer="LLaMA-Factory",
        units=("documents",),
        rule=until_all_are_read,
        location="{folder}/{id}",
        needs="a folder of each domain with Parquet files and no others, or a file",
        formats=("parquet",),
        alone=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return both files."""
        weights = self.about.weights(blend.whole, settings)
        names = [portion.id for portion in blend.whole.portions]
        info: dict[str, Json] = {
            name: {"file_name": place, "columns": {"prompt": "text"}}
            for name, place in zip(names, weights, strict=True)
        }
        keys = {
            "stage": "pt",
            "dataset": ",".join(names),
            "mix_strategy": "interleave_over",
            "interleave_probs": ",".join(map(repr, weights.values())),
            "seed": settings.seed,
        }
        return {"dataset_info.json": json_text(info), "data.yaml": yaml_text(keys)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the probabilities."""
        info, keys = json.loads(files["dataset_info.json"]), read_yaml(files["data.yaml"])
        places = [info[name]["file_name"] for name in keys["dataset"].split(",")]
        return [dict(zip(places, map(float, keys["interleave_probs"].split(",")), strict=True))]
