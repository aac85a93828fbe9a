"""Megatron-LM: weights and prefixes for `--data-args-path` and `--per-split-data-args-path`.

A draw is a sequence of fixed length, so the weights are token shares; the blender gives each sequence to the domain
furthest behind, and repeats a domain as the length of training demands. Weights must be above zero. Each phase is a
launch of its own, all with the same `--phase-transition-iterations` (phases.json). `sequences.json` is for
`--per-dataset-sequences-path`: what stands in the `.idx` head, sequences and documents + 1, one sequence a document.
"""

import json
from collections.abc import Mapping
from itertools import chain

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Blend, Phase
from mixpipe.shards.exporters.draws import largest_deficit
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.shards.exporters.steps import first_steps
from mixpipe.store.files import json_text

__all__ = ["Megatron"]


class Megatron:
    """Lists of weight and prefix."""

    about = About(
        trainer="Megatron-LM",
        units=("sequences",),
        rule=largest_deficit,
        location="data/{id}/train-00000-of-00001",
        needs="one .bin and .idx of each domain; the place is their path without the ending",
        phases=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the lists of each phase, and where the phases change.

        Raises:
            ConfigError: a path has white space, which the list cannot hold.
        """
        starts = first_steps(blend.phases, settings)
        if len(starts) == 1:
            return self._phase(blend.whole, settings, "")
        written = {"phases.json": json_text({"phase_transition_iterations": ",".join(map(str, starts[1:]))})}
        for number, phase in enumerate(blend.phases, start=1):
            written |= self._phase(phase, settings, f"phase-{number}/")
        return written

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights of the lists for training."""
        lists = [files[name].split() for name in sorted(files, key=_number) if name.endswith("train.args")]
        return [{place: float(weight) for weight, place in zip(one[::2], one[1::2], strict=True)} for one in lists]

    def _phase(self, phase: Phase, settings: Settings, folder: str) -> dict[str, str]:
        weights = self.about.weights(phase, settings)
        if bad := [place for place in weights if len(place.split()) != 1 or place.strip() != place]:
            raise ConfigError(f"expected paths without white space for Megatron's list, found {bad[0]!r}; use {{id}}")
        pairs = list(chain.from_iterable((repr(weight), place) for place, weight in weights.items()))
        counts = {place: [part.rows, part.rows + 1] for place, part in zip(weights, phase.portions, strict=True)}
        lines = "".join(f"{weight} {place}\n" for weight, place in zip(pairs[::2], pairs[1::2], strict=True))
        return {
            f"{folder}train.args": lines,
            f"{folder}blend.json": json.dumps({"train": pairs, "valid": None, "test": None}, indent=2) + "\n",
            f"{folder}sequences.json": json.dumps(counts, indent=2) + "\n",
        }


def _number(name: str) -> int:
    folder = name.partition("/")[0]
    return int(folder.removeprefix("phase-")) if folder.startswith("phase-") else 0
