"""Data sets of the Hugging Face hub: downloaded by `datasets`, read from the Arrow files it keeps.

`hf:NAME[:CONFIG[:SPLIT]]`; NAME may be a local folder that `datasets` understands. Without a split, `train`.
The one home of `datasets`; no remote code is run.
"""

from functools import lru_cache
from pathlib import Path

import datasets
from datasets.exceptions import DatasetsError

from mixpipe.errors import InputError

__all__ = ["hub_files"]


@lru_cache(maxsize=64)
def hub_files(name: str) -> tuple[tuple[str, Path], ...]:
    """Return (name, Arrow file) for every file of a data set, downloading what is not there yet.

    Raises:
        InputError: there is no such data set, configuration or split, or the hub cannot be reached.
    """
    dataset, _, rest = name.partition(":")
    config, _, split = rest.partition(":")
    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(dataset, config or None, split=split or "train")
    except (DatasetsError, OSError, ValueError) as error:
        raise InputError(
            f"expected a data set `hf:NAME[:CONFIG[:SPLIT]]`, found hf:{name} ({' '.join(str(error).split())[:300]})"
        ) from error
    files = [Path(entry["filename"]) for entry in loaded.cache_files]
    return tuple((f"{name}/{file.name}", file) for file in files)
