"""nanotron: `data_stages`, one for each phase, with `dataset_folder` and `dataset_weights` as lists.

Samples are sequences, drawn by the largest deficit and then shuffled, so the weights are token shares. The README of
nanotron shows a mapping instead of two lists; its code reads lists. Steps are counted from 1. What is known of the
tokens is said as `.ds.metadata` has it: unless it is, nanotron looks for a tokenizer of that name on the hub.
Read in its source of 2025; the only release on PyPI, 0.4, has no data sets of tokens yet.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.shards.exporters.steps import first_steps
from mixpipe.shards.formats.datatrove import TOKENIZER
from mixpipe.shards.formats.tokens import token_dtype
from mixpipe.store.fingerprint import Json

__all__ = ["Nanotron"]


class Nanotron:
    """A part of the configuration."""

    about = About(
        trainer="nanotron",
        units=("sequences",),
        rule=largest_deficit,
        location="{folder}/{id}",
        needs="one folder of datatrove .ds shards for each domain",
        formats=("datatrove",),
        phases=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `data_stages.yaml`."""
        stages: list[Json] = []
        for number, (phase, start) in enumerate(
            zip(blend.phases, first_steps(blend.phases, settings), strict=True), start=1
        ):
            weights = self.about.weights(phase, settings)
            dataset: dict[str, Json] = {"dataset_folder": list(weights), "dataset_weights": list(weights.values())}
            if blend.vocabulary is not None:
                size = token_dtype(blend.vocabulary).itemsize
                dataset |= {"tokenizer_name": TOKENIZER, "vocab_size": blend.vocabulary, "token_size_in_bytes": size}
            data: Json = {"dataset": dataset, "num_loading_workers": 1, "seed": settings.seed}
            # nanotron keeps stages by name, so two of one name would be one
            name = phase.name if len(blend.phases) == 1 else f"{number} {phase.name}"
            stages.append({"name": name, "start_training_step": start + 1, "data": data})
        return {"data_stages.yaml": yaml_text({"data_stages": stages})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of each stage."""
        stages = [stage["data"]["dataset"] for stage in read_yaml(files["data_stages.yaml"])["data_stages"]]
        return [dict(zip(stage["dataset_folder"], stage["dataset_weights"], strict=True)) for stage in stages]
