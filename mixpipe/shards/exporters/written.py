"""All files of a blend for one trainer: where it knows no phases, a folder of files for each, for a run after another.

`phases.json` beside the folders says what each run is: its tokens, where its shards lie, how the learning rate goes
and, where the batch is known, the step at which it begins.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.protocol import Exporter, Settings, Weights
from mixpipe.shards.exporters.steps import first_steps
from mixpipe.store.files import json_text
from mixpipe.store.fingerprint import Json

__all__ = ["PHASES", "read_back", "write_blend"]

PHASES = "phases.json"


def write_blend(exporter: Exporter, blend: Blend, settings: Settings) -> dict[str, str]:
    """Return texts by file name.

    Raises:
        ConfigError: a setting is missing, or a path cannot be written in the trainer's form.
    """
    if exporter.about.phases or len(blend.phases) == 1:
        return exporter.files(blend, settings)
    starts = first_steps(blend.phases, settings) if settings.batch_size else [None] * len(blend.phases)
    files, runs = dict[str, str](), list[Json]()
    for number, (phase, start) in enumerate(zip(blend.phases, starts, strict=True), start=1):
        folder = f"phase-{number}"
        own = exporter.files(blend.only(phase.name), settings)
        files |= {f"{folder}/{name}": text for name, text in own.items()}
        said: dict[str, Json] = {"name": phase.name, "files": folder, "data": phase.folder, "rate": phase.rate}
        runs.append({**said, "share": phase.share, "tokens": phase.tokens, "first_step": start})
    return {PHASES: json_text({"phases": runs}), **files}


def read_back(exporter: Exporter, files: Mapping[str, str], blend: Blend) -> list[Weights | None]:
    """Return the weights of each phase in what was written; None: they are applied already."""
    if exporter.about.phases or len(blend.phases) == 1:
        return [*exporter.read(files)] or [None] * len(blend.phases)
    found: list[Weights | None] = []
    for number in range(1, len(blend.phases) + 1):
        head = f"phase-{number}/"
        own = {name.removeprefix(head): text for name, text in files.items() if name.startswith(head)}
        found += exporter.read(own) or [None]
    return found
