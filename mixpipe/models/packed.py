"""A model's folder as arrays of bytes and back, so that what was learnt with it travels and is known by its content.

A path would be another one on the next machine, and the model behind it another one on the next day.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

__all__ = ["is_packed", "packed", "unpacked"]

PREFIX = "model/"
# All that is read of a folder as trainers save it; no code, no pickle. By its settings an adapter is told and refused.
WANTED = ("config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json", "adapter_config.json")


def packed(folder: Path) -> dict[str, np.ndarray]:
    """Return the files of a model's folder by name: (n_bytes,) uint8 each."""
    files = sorted(path for pattern in WANTED for path in folder.glob(pattern))
    return {f"{PREFIX}{path.name}": np.fromfile(path, np.uint8) for path in files}


def is_packed(state: Mapping[str, np.ndarray]) -> bool:
    """Tell whether arrays hold a model."""
    return any(name.startswith(PREFIX) for name in state)


@contextmanager
def unpacked(state: Mapping[str, np.ndarray]) -> Iterator[Path]:
    """Give a folder that holds the model's files as long as the block lasts."""
    with TemporaryDirectory(prefix="mixpipe-model-") as name:
        folder = Path(name)
        for key, content in state.items():
            if key.startswith(PREFIX):
                content.tofile(folder / Path(key).name)  # the last step alone: no file leaves the folder
        yield folder
